"""What an MLflow client sees of the sidecar: a tracking server, its own or the user's behind it."""
