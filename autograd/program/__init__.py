"""A recorded graph read as a program: pictures, listings, checks and the player are made from it.

`reading` says which nodes there are, in which order and by what names, `steps` makes straight-line code of them that can be evaluated
again, `formulas` reads rules with symbols, `text` is the listing, `javascript` writes rules for pages that compute, `mathematics` and
`words` are how formulas and operations are written in pictures.
"""
