"""The sidecar of a trial's pod: receives the trainer's metrics, stores them, pushes them to the operator.

It uses the standard library only. For the trainer it is an MLflow tracking server on localhost, a push
gateway, or the reader of its files.
"""
