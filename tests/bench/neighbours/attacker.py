"""A pod without a token that attacks the ingest server. Runs in the cluster, with the operator's image.

    python -c ... no-token|made-up|idle CONNECTIONS

Prints every second what it has done so far, as JSON. It has the lowest priority, so that what others wait
for is the operator rather than the processor.
"""

from __future__ import annotations

import base64
import collections
import contextlib
import json
import os
import resource
import socket
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit

_BODY = b'{"namespace":"bench-victim","trial":"judged-0","first":1,"values":[9.9],"seen":["score"]}'
_done: collections.Counter[str] = collections.Counter()


def _connect(*, tls: bool = True) -> socket.socket:
    url = urlsplit(os.environ["INTAKE_URL"])
    opened = socket.create_connection((url.hostname or "", url.port or 443), timeout=10)
    if not tls:
        return opened
    context = ssl.create_default_context(cadata=os.environ["INTAKE_CA"])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context.wrap_socket(opened, server_hostname=url.hostname)


def _request(token: str = "") -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST /v1/reports HTTP/1.1\r\nHost: x\r\n{authorization}Content-Length: {len(_BODY)}\r\n\r\n"
    return head.encode() + _BODY


def made_up_token() -> str:
    """A token with the claims of a valid one, which only the API server can tell from one."""
    claims = {
        "aud": ["sweepjob.dev"],
        "exp": time.time() + 3600,
        "sub": f"system:serviceaccount:bench-victim:{os.urandom(4).hex()}",
    }
    parts = [json.dumps({"alg": "RS256"}).encode(), json.dumps(claims).encode(), os.urandom(256)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def send_without_token() -> None:
    """Send requests without pause, and read no answer."""
    with _connect() as connection:
        _done["connections"] += 1
        many = _request() * 100
        while True:
            connection.sendall(many)
            _done["requests"] += 100


def send_made_up_tokens() -> None:
    """Send requests with another token each, on a new connection whenever one is closed."""
    with _connect() as connection:
        _done["connections"] += 1
        while True:
            connection.sendall(_request(made_up_token()))
            _done["requests"] += 1
            answer = connection.recv(65536)
            _done[answer[9:12].decode() or "closed"] += 1
            if not answer:
                return


def stay_idle() -> None:
    """Hold a connection, every second one with TLS, until the server closes it."""
    with _connect(tls=_done["connections"] % 2 == 0) as connection:
        _done["connections"] += 1
        connection.settimeout(None)
        connection.recv(1)


ATTACKS = {
    "no-token": send_without_token,
    "made-up": send_made_up_tokens,
    "idle": stay_idle,
}


def _repeat(attack: str) -> None:
    while True:
        try:
            ATTACKS[attack]()
        except OSError as error:
            _done[type(error).__name__] += 1
            time.sleep(0.05)


def main() -> None:
    attack, connections = sys.argv[1], int(sys.argv[2])
    os.nice(19)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    threading.stack_size(256 * 1024)
    for _ in range(connections):
        with contextlib.suppress(RuntimeError):  # no more threads
            threading.Thread(target=_repeat, args=(attack,), daemon=True).start()
    while True:
        time.sleep(1)
        print(json.dumps(_done), flush=True)


if __name__ == "__main__":
    main()
