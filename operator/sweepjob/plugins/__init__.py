"""Declarations of policies and samplers, and the registries that load them.

A policy or a sampler is one module with a declaration: its name, its parameters, and how it is built.
The built-in ones are registered with one line each; those of other distributions by an entry point.
"""
