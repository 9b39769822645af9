"""Samplers: which configuration a trial gets. One sampler a module; the registry lists them."""
