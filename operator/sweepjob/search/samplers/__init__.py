"""Samplers: one module a sampler; ``registry`` lists them."""
