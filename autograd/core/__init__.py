"""Records operations as they happen, and walks them backward. It imports neither math nor numpy."""
