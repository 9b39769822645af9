"""The MLflow tracking server for the trainer: the sidecar's own, or a proxy of the user's."""
