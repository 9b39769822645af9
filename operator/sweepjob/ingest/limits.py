"""Limits of the ingest server, in the order in which a request meets them.

Others are elsewhere, because they belong to more than this server:

- Numbers of connections: ``settings`` (Helm values), enforced by ``http_server.limits``.
- Seconds for a TLS handshake, a request, and reading the response: ``http_server.connections``.
- Size of a push: ``protocol.push``, because the sidecar keeps to it.
- Reading the logs of pods: ``log_parsing.limits``.
"""

from __future__ import annotations

# Connections. The sidecar keeps one open between two pushes.
KEEPALIVE_SECONDS = 120.0

# Tokens.
TOKEN_LIMIT = 16_384  # characters; a projected token has some 1,200
CLOCK_SKEW = 300.0  # seconds after its expiry in which a token is still worth a review
TOKEN_CACHE_SECONDS = 60.0  # how long the token of a deleted pod may still be accepted
TOKEN_CACHE_SIZE = 20_000  # tokens
# Tokens of one address that the API server may reject: per second, and in a burst. An honest pod has one
# token, and it is valid.
REJECTED_RATE, REJECTED_BURST = 0.2, 5.0
# TokenReviews per second, and in a burst. They have a rate limit of their own, besides the operator's.
REVIEW_RATE, REVIEW_BURST = 50.0, 100
CONCURRENT_REVIEWS = 16
# The same for addresses of which a token was rejected recently: they must not delay the others.
CONCURRENT_SUSPECT_REVIEWS = 4

# Requests of one pod, per second, and in a burst. Those without a valid token are limited by connection.
CALLER_RATE, CALLER_BURST = 50.0, 100.0
RATE_LIMIT_DELAY = 0.5  # seconds that a sender over its rate waits for the response

# Pushes that wait for the operator's process: as many as it handles in some milliseconds.
PUSHES_IN_FLIGHT = 256
MESSAGE_LIMIT = 4 * 1024 * 1024  # bytes between the two processes; a push has at most 64 KiB
