"""Derivatives of whole functions, built on `grad`: Jacobians, Hessians and their products with vectors."""
