"""The report: the page and the documents of some sweeps as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .assets import LIBRARIES, STYLES, read_asset, render_page, report_script


def render_report(documents: Sequence[Mapping[str, Any]]) -> str:
    """Return the HTML of a report.

    The file opens without a server. Its Content-Security-Policy allows the scripts and styles in it, by
    their digests, and no request.

    Args:
        documents: the sweeps' documents, from ``build_document``.
    """
    styles = [_without_source_map(read_asset(name)) for name in STYLES]
    libraries = [_without_source_map(read_asset(name)) for name in LIBRARIES]
    script = report_script()
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_digests([*libraries, script])}",
            f"style-src {_digests(styles)}",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    head = [f'<meta http-equiv="Content-Security-Policy" content="{policy}">']
    head += [f"<style>{text}</style>" for text in styles]
    body = [f'<script type="application/json" id="documents">{_data(documents)}</script>']
    body += [f"<script>{text}</script>" for text in libraries]
    body += [f'<script type="module">{script}</script>']
    return render_page("\n".join(head), "\n".join(body))


def _data(documents: Sequence[Mapping[str, Any]]) -> str:
    text = json.dumps(documents, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A script's names may have halves of characters, which no file can have.
    text = text.encode("utf-8", "replace").decode()
    # Without "<" the data can neither end its element nor open a comment.
    return text.replace("<", "\\u003c")


def _digests(texts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)


def _without_source_map(text: str) -> str:
    """Remove references to source maps, which a report does not contain."""
    reference = ("//# source", "/*# source")
    return "\n".join(line for line in text.split("\n") if not line.startswith(reference))
