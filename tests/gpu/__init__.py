"""A local sweep of a PyTorch model on NVIDIA GPUs, compared with what NVML says."""
