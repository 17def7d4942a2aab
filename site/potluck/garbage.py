"""When Python looks for garbage that only a search finds: not while people wait.

Most of what is freed is freed at once, and needs no search. A full one walks over everything the
process holds, and everybody waits meanwhile: a tenth of a second with two thousand connections
and five hundred texts, where a look at what is new takes some milliseconds.
"""

from __future__ import annotations

import gc
import time

import gevent

# Young objects, then the middle generation; a full search of the interpreter's own accord is rare.
THRESHOLDS = (10_000, 20, 1_000)
# In all but the old, of which nearly all is there to stay.
NEW = 1
EVERY_SECONDS = 10
# Everything is searched when a process that takes so little of the processor has not been for a
# minute, and any other after two: a text that ends leaves up to 80 KB that only a search finds.
IDLE_PART_MAX = 0.05
IDLE_EVERY_SECONDS = 60
BUSY_EVERY_SECONDS = 120


def put_aside() -> None:
    """What is there once a server has started stays to its end, and is looked at no more.

    Less than a hundredth of it is garbage, and to find that would be a tenth of the start.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def collect() -> None:
    """Searches what is new again and again, and everything when hardly anybody waits for it."""
    searched_at = looked_at = time.monotonic()
    cpu_before = time.process_time()
    while True:
        gevent.sleep(EVERY_SECONDS)
        now, cpu = time.monotonic(), time.process_time()
        is_idle = cpu - cpu_before < IDLE_PART_MAX * (now - looked_at)
        if now - searched_at >= (IDLE_EVERY_SECONDS if is_idle else BUSY_EVERY_SECONDS):
            gc.collect()
            searched_at = now
        else:
            gc.collect(NEW)
        looked_at, cpu_before = now, cpu
