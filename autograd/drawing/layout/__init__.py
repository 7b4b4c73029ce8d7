"""A layout of our own, for what is read from left to right: straight lines of operations with their parameters beside them.

Graphviz draws at our positions, so that every renderer gives the same picture. `page` puts a scene into `columns`, gives the boxes of
both lanes (`sides`) their heights (`lanes`), breaks `rows` at the width of a page, and draws the `lines`; `sizes` measures text.
"""
