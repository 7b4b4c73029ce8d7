"""What users hold: `Value`, a float that remembers, and `Tensor`, an array that does."""
