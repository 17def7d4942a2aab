"""What is announced meanwhile, as every process hears it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine

from potluck.announcements import CHANNEL, NOTIFY

LAST = "last"
HEARD_SECONDS_MAX = 10


@contextmanager
def announced(owner: Engine) -> Iterator[list[dict[str, Any]]]:
    """Is filled when this ends, in the order in which it was said."""
    said: list[dict[str, Any]] = []
    url = owner.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield said
        with owner.begin() as another:
            another.execute(NOTIFY, {"channel": CHANNEL, "payload": LAST})
        payloads: list[str] = []
        while LAST not in payloads:
            heard = list(connection.notifies(timeout=HEARD_SECONDS_MAX, stop_after=1))
            assert heard, "Nothing more is heard."
            payloads += [each.payload for each in heard]
    said += map(json.loads, payloads[:-1])
