"""A process looks for unreachable cycles seldom: what its batches make by the hundred thousand goes without that."""

import gc
from typing import Final

NEW_OBJECTS: Final = 50_000  # Python's own 700 would search one batch of an order file hundreds of times
NEW_BEFORE_OLD: Final = 20


def collect_seldom() -> None:
    """Call once when everything is loaded, which is never searched again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, NEW_BEFORE_OLD, NEW_BEFORE_OLD)
