"""The body of a request in other forms: templates with references such as ``${{message}}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..api.notifications.event_type import EventType
from .cloud_event import SweepNotification

_REFERENCE = re.compile(r"\$\{\{\s*([a-z_]+)\s*\}\}")
_TITLES = {
    EventType.STARTED: "Started",
    EventType.NEW_BEST: "New best",
    EventType.COMPLETED: "Completed",
    EventType.FAILED: "Failed",
    EventType.REFUSED: "Refused",
    EventType.NEEDS_ATTENTION: "Needs attention",
    EventType.RECOVERED: "Healthy again",
    EventType.SUSPENDED: "Suspended",
    EventType.RESUMED: "Resumed",
}
_TEXT_LIMIT = 2500  # characters; Slack cuts a block at 3,000
SLACK: Any = {"text": "*${{title}}*: ${{namespace}}/${{sweep}}\n${{text}}"}
TEAMS: Any = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [
                    {
                        "type": "TextBlock",
                        "text": "${{title}}: ${{namespace}}/${{sweep}}",
                        "weight": "Bolder",
                        "wrap": True,
                    },
                    {"type": "TextBlock", "text": "${{text}}", "wrap": True},
                ],
            },
        }
    ],
}


def template_fields(notification: SweepNotification) -> dict[str, str]:
    """Return what a template can refer to."""
    data, note = notification.data(), notification.note
    best, objective = data.get("best") or {}, data.get("objective") or {}
    parameters = best.get("parameters") or {}
    found = {
        "id": notification.id,
        "event": note.type.value,
        "title": _TITLES[note.type],
        "time": note.time,
        "namespace": notification.sweep.namespace,
        "sweep": notification.sweep.name,
        "phase": data.get("phase"),
        "reason": data.get("reason"),
        "message": data.get("message"),
        "metric": objective.get("primaryMetric"),
        "goal": objective.get("goal"),
        "best_trial": best.get("trial"),
        "best_value": best.get("value"),
        "best_parameters": " ".join(f"{name}={value}" for name, value in parameters.items()),
    }
    texts = {name: str(value or "")[:_TEXT_LIMIT] for name, value in found.items()}
    return {**texts, "text": _text(note.type, texts)}


def _text(event: EventType, texts: Mapping[str, str]) -> str:
    if event is EventType.NEW_BEST:
        values = f"{texts['best_trial']} has {texts['metric']} {texts['best_value']}"
        return f"{values} with {texts['best_parameters']}"[:_TEXT_LIMIT]
    reason = f"{texts['reason']}: " if texts["reason"] else ""
    return f"{reason}{texts['message']}"[:_TEXT_LIMIT]


def fill_template(template: Any, fields: Mapping[str, str], escape: Callable[[str], str]) -> Any:
    """Return a template with its references replaced; unknown ones stay.

    Args:
        template: any JSON value. Only strings are changed, so that no value can add keys.
        fields: the values by name.
        escape: escapes a value for its receiver.
    """
    if isinstance(template, str):
        return _REFERENCE.sub(
            lambda match: escape(fields[match[1]]) if match[1] in fields else match[0], template
        )
    if isinstance(template, Mapping):
        return {key: fill_template(value, fields, escape) for key, value in template.items()}
    if isinstance(template, list):
        return [fill_template(value, fields, escape) for value in template]
    return template


def escape_slack(text: str) -> str:
    """Escape a text for Slack, so that it cannot mention anybody or link anywhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdown(text: str) -> str:
    """Escape the Markdown of adaptive cards."""
    return re.sub(r"([\\`*_{}\[\]()#+!~|<>-])", r"\\\1", text)
