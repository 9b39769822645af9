"""Early-termination policies: one module a policy; ``registry`` lists them."""
