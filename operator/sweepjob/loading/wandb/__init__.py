"""Converts sweep files of Weights & Biases to SweepJobs."""

from .sweep import convert_wandb, is_wandb_sweep

__all__ = ["convert_wandb", "is_wandb_sweep"]
