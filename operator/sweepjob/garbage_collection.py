"""When Python searches for reference cycles: often and briefly, rather than seldom and long.

Nearly everything is freed without that search, as soon as nothing refers to it. By default Python also
searches what has survived earlier searches. Nothing else runs meanwhile, whichever thread began it: with
the state of a thousand running trials it held the event loop for a tenth of a second and more. Here only
new objects are searched. Cycles among older ones are found when the memory in use has doubled.
"""

from __future__ import annotations

import asyncio
import gc
import sys

# New objects before they are searched, and searches before those that survived are searched once more.
# With Python's own 700 the search takes half of the time of reading 10,000 trials, whose records have no
# cycles.
_NEW_OBJECTS, _SEARCHES = 2_000, 2
_NEVER = 2**31 - 1
_INTERVAL = 60.0  # seconds between two looks at the memory in use
_SPARE = 1_000_000  # blocks of memory, about 60 MB, by which it may grow in any case


def search_new_objects_only() -> None:
    """Have Python search new objects only. ``search_all_when_doubled`` searches the others."""
    gc.set_threshold(_NEW_OBJECTS, _SEARCHES, _NEVER)


async def search_all_when_doubled() -> None:
    """Search all objects whenever the memory in use has doubled, until cancelled."""
    after = sys.getallocatedblocks()
    while True:
        await asyncio.sleep(_INTERVAL)
        after = search_all_if_doubled(after)


def search_all_if_doubled(after: int) -> int:
    """Search all objects if the memory in use has doubled.

    Args:
        after: the blocks of memory in use after the last search.

    Returns:
        The same, now.
    """
    if sys.getallocatedblocks() < 2 * after + _SPARE:
        return after
    gc.collect()
    return sys.getallocatedblocks()
