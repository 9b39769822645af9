"""Reports what the TensorBoard event files of a script say."""
