"""Reports of sidecars: an HTTPS server in a process of its own, and what answers its requests in the
operator's. Whatever is sent to the port costs the control loop nothing until a token has been checked.
"""
