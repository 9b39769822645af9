"""URLs that notifications are sent to, in a form that every parser reads in the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*)?(?:\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)?"
)
_HIDDEN = re.compile(r"%(?:2e|2f|5c)", re.IGNORECASE)  # a dot, a slash, a backslash
_LIMIT = 2000
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL.

    Attributes:
        host: in lower case.
        port: the port, also where the URL has none.
        path: the path as it is; empty without one.
    """

    scheme: str
    host: str
    port: int
    path: str


def parse_url(text: str) -> Url | None:
    """Return the parts of a URL; None if it has another form, or a user and a password."""
    match = _URL.fullmatch(text)
    if match is None:
        return None
    port = int(match["port"] or _PORTS[match["scheme"]])
    return Url(match["scheme"], match["host"].lower(), port, match["path"] or "")


def url_problem(text: str) -> str:
    """Return what is wrong with a URL, and the remedy; empty if nothing is."""
    if len(text) > _LIMIT:
        return f"may have {_LIMIT} characters at most"
    url = parse_url(text)
    if url is None and "@" in text.partition("://")[2].partition("/")[0]:
        return "must not contain a user or a password; use a receiver of the chart with a Secret"
    if url is None or not 0 < url.port < 65536:
        return "must be a URL of ASCII characters, e.g. https://hooks.example.com/sweeps"
    if ".." in url.path.split("/") or "." in url.path.split("/") or _HIDDEN.search(url.path):
        return "must not have . and .. in its path, nor percent-encoded dots and slashes"
    return ""


def is_within(text: str, allowed: str) -> bool:
    """Return whether a URL begins with an allowed one: same scheme, host and port, path below.

    Args:
        text: the URL of a sweep.
        allowed: an entry of the allow-list. ``*.`` at the start of its host stands for any subdomain.
    """
    subdomains = "://*." in allowed
    url, base = parse_url(text), parse_url(allowed.replace("://*.", "://", 1))
    if url is None or base is None or url_problem(text):
        return False
    if (url.scheme, url.port) != (base.scheme, base.port):
        return False
    is_host = url.host.endswith(f".{base.host}") if subdomains else url.host == base.host
    folder = base.path.rstrip("/")
    return is_host and (url.path == folder or url.path.startswith(f"{folder}/") or not folder)
