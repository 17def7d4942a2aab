"""Modules that are long in loading, and what a server does about it.

Whoever uses one imports it in the function that uses it, so that commands and the start do
without. While one is loaded in the middle of a request everybody waits, so a server loads all of
them in a thread of its own, beginning when it can be reached.
"""

from __future__ import annotations

import importlib

import gevent
from gevent.lock import BoundedSemaphore

# In the order in which somebody may come for them.
LATER = (
    "potluck.rooms.markdown_parser",
    "potluck.billing.gateway.sdk",
    "authlib.integrations.flask_client",
    "segno",
)

# Two threads would take turns, and wait for each other's modules.
_one_at_a_time = BoundedSemaphore(1)


def load(*names: str) -> None:
    """Returns once these modules are loaded; whoever else has something to do is not kept."""
    with _one_at_a_time:
        for name in names:
            gevent.get_hub().threadpool.apply(importlib.import_module, (name,))
