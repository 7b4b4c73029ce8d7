"""The engine: it records operations as they happen, and walks the graph backward. It imports neither math nor numpy.

`node` says what an operation and a node are, `walk` carries gradients, `mode` switches recording, `notes` hold what readers of a graph
want to know, and `symbols` stand for numbers, so that a rule can be read as text.
"""
