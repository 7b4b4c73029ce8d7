"""The classes that users hold, faces of one `Node`: `Value`, a float that records what is done to it, and `Tensor`, an array that does.

A call with either is dispatched to its `record`. `kernels` has the compiled arithmetic of Values, `record` all of a tensor that the
engine needs, `inplace` and `versions` changes in place and how they are noticed, `bridge` the operations between the two, `grid` an
array of Values that is a tensor too.
"""
