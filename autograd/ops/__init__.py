"""The operations, a chapter a file: in each, the rows and the checked functions around them.

The chapters are `elementwise`, `moves`, `reduce` and `products`. `table` says what a row is and has the registries of all rows; `fast`
has faster ways to compute the same numbers.
"""
