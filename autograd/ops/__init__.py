"""The book of operations, a chapter a file: in each, the rows and the checked functions around them.

`table` says what a row is and which there are; the chapters are `elementwise`, `moves`, `reduce` and `products`.
"""
