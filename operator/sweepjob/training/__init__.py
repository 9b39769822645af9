"""``Run`` for training scripts, as in Azure's v1 client. No dependencies."""
