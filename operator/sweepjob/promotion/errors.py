"""Why a trial cannot be promoted."""

from __future__ import annotations


class PromotionError(Exception):
    """The best trial cannot be promoted. The message has the cause and a remedy."""
