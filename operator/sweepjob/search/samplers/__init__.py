"""Samplers: one module per sampler; ``registry`` lists them."""
