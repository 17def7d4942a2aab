"""When Python looks for garbage that only a search finds: not while people wait.

Most of what is freed is freed at once, and needs no search. A full one walks over everything the
process holds, and everybody waits meanwhile.
"""

from __future__ import annotations

import gc

import gevent

# Young objects, then the middle generation; a full search of the interpreter's own accord is rare.
THRESHOLDS = (10_000, 20, 1_000)
EVERY_SECONDS = 10
IDLE_WITHIN_SECONDS = 60


def put_aside() -> None:
    """What is there once a server has started stays to its end, and is looked at no more.

    Less than a hundredth of it is garbage, and to find that would be a tenth of the start.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def collect_when_idle() -> None:
    """Searches while nobody asks for anything; after a while in any case."""
    loop = gevent.get_hub().loop
    while True:
        gevent.sleep(EVERY_SECONDS)
        # Comes up where nothing else has.
        idle = loop.idle()
        with gevent.Timeout(IDLE_WITHIN_SECONDS, exception=False):
            gevent.get_hub().wait(idle)
        idle.close()
        gc.collect()
