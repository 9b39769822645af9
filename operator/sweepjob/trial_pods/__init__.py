"""Builds the Job and the pod of a trial, and reads their status. Pure."""
