"""Reports what the client of Weights & Biases logs, from the files that it writes beside its runs."""
