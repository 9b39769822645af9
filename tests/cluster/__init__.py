"""A real Kubernetes on this machine, in namespaces of its own: what the demo and the tests run on.

    python -m tests.cluster up | down | status | kubeconfig | load-image | node | simulate

Every component is the genuine one, compiled from pinned Go modules (``modules/``). A node is a set of
Linux namespaces with no link to the host's network; host programs reach the API server through a
forwarder on the loopback interface. Two checkouts have two clusters that know nothing of each other.
"""
