"""Promotes the best trial: registers its model with MLflow, or writes a Job that trains it again."""
