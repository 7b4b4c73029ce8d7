"""A recorded graph as a program: what there is, in which order, by what names, and as text that runs."""
