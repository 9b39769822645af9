"""Early-termination policies: one module per policy; ``registry`` lists them."""
