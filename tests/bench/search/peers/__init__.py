"""Other people's samplers under the bench's protocol. Runs in an environment of its own, which has the
peer's package and nothing of this project: python -m peers optuna-tpe
"""
