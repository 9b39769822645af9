"""Where reports come from when the script does not use MLflow: pushes, files."""
