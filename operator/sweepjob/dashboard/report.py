"""A report: one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .assets import SCRIPTS, STYLES, asset, page


def report(sheets: Sequence[Mapping[str, Any]]) -> str:
    """An HTML file with these sweeps' documents in it. It may run the scripts within it and nothing
    else, and asks no one for anything.
    """
    styles = [_without_map(asset(name)) for name in STYLES]
    scripts = [_without_map(asset(name)) for name in SCRIPTS]
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    head = [f'<meta http-equiv="Content-Security-Policy" content="{policy}">']
    head += [f"<style>{text}</style>" for text in styles]
    # Data cannot end its own element, nor open a comment.
    data = json.dumps(sheets, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")
    body = [f'<script type="application/json" id="sheets">{data}</script>']
    body += [f"<script>{text}</script>" for text in scripts]
    return page("\n".join(head), "\n".join(body))


def _hashes(texts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)


def _without_map(text: str) -> str:
    """Without the mention of a source map, which is not there."""
    mention = ("//# source", "/*# source")
    return "\n".join(line for line in text.split("\n") if not line.startswith(mention))
