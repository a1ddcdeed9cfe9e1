"""The catalogue: matters, editions, materials, forms."""
