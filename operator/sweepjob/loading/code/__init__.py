"""Makes snapshots of folders with code."""

from .snapshot import CodeSnapshot, snapshot

__all__ = ["CodeSnapshot", "snapshot"]
