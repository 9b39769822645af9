"""The training script's side of a sweep: ``Run``, as in v1 of Azure's client. No dependencies."""
