"""What Kubernetes and shells make of a trial's command: references, quoting, expansion. Pure."""
