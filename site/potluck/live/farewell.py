"""What clients are told when their process ends."""

from __future__ import annotations

import random

import gevent

from potluck.live import broadcasts

# So that a crowd doesn't knock at the other processes, or the next, all at once.
COME_BACK_WITHIN_SECONDS = 5.0
GOODBYES_WITHOUT_A_BREAK = 100
# A browser that gets no end of the stream after its goodbye waits two seconds for it.
GONE_WITHIN_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.02


def send_home() -> None:
    """Tells every client of this process when to come back, and closes its connection.

    Returns once all are gone, or have had their time to go.
    """
    for number, connection in enumerate(broadcasts.connections(), 1):
        seconds = random.uniform(0, COME_BACK_WITHIN_SECONDS)  # noqa: S311 - not a secret
        broadcasts.come_back(connection.sid, seconds=round(seconds, 2))
        connection.close(reason="come_back")
        if number % GOODBYES_WITHOUT_A_BREAK == 0:
            gevent.sleep(0)
    with gevent.Timeout(GONE_WITHIN_SECONDS, exception=False):
        while broadcasts.connections():
            gevent.sleep(LOOK_EVERY_SECONDS)
