"""The page's static files over HTTP, and the HTML that loads them."""

from __future__ import annotations

import gzip
import hashlib

from aiohttp import web

from .assets import (
    LIBRARIES,
    LIVE_ENTRY,
    PREFETCH,
    STYLES,
    joined_script,
    read_asset,
    render_page,
)
from .cache_sync import Unavailable

# A file's address changes with its contents.
_CACHE_FOREVER = "public, max-age=31536000, immutable"


class StaticFiles:
    """Serves the scripts and styles below ``assets/TAG/``, where TAG is a digest of all of them."""

    def __init__(self) -> None:
        self._files = {name: read_asset(name).encode() for name in (*STYLES, *LIBRARIES)}
        self._files |= {entry: joined_script(entry).encode() for entry in (PREFETCH, LIVE_ENTRY)}
        self._gzipped = {name: gzip.compress(data, mtime=0) for name, data in self._files.items()}
        tag = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]
        self._html = _render_html(f"assets/{tag}")

    def html(self) -> web.Response:
        """Return the page, which contains nothing from the cluster."""
        headers = {"Cache-Control": "no-cache"}
        return web.Response(text=self._html, content_type="text/html", headers=headers)

    async def serve(self, request: web.Request) -> web.Response:
        """Return the file that the address names.

        Raises:
            Unavailable: file not found.
        """
        name = request.match_info["name"]
        if name not in self._files:
            raise Unavailable("file not found")
        content_type = "text/css" if name.endswith(".css") else "text/javascript"
        headers = {"Cache-Control": _CACHE_FOREVER, "Vary": "Accept-Encoding"}
        body = self._files[name]
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = self._gzipped[name], "gzip"
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


def _render_html(root: str) -> str:
    head = [f'<script type="module" async src="{root}/{PREFETCH}"></script>']
    head += [f'<link rel="stylesheet" href="{root}/{name}">' for name in STYLES]
    head += [f'<link rel="modulepreload" href="{root}/{LIVE_ENTRY}">']
    body = [f'<script src="{root}/{name}"></script>' for name in LIBRARIES]
    body += [f'<script type="module" src="{root}/{LIVE_ENTRY}"></script>']
    return render_page("\n".join(head), "\n".join(body))
