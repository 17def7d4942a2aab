"""What a bench takes of the machine: a core for the server, the other for whoever asks it."""

from __future__ import annotations

import os
import resource

SERVER_CORE, DRIVER_CORE = 0, 1


def leave_a_core() -> int | None:
    """Keeps this process and what it starts off the server's; where there is one, all share it."""
    if not {SERVER_CORE, DRIVER_CORE} <= os.sched_getaffinity(0):
        return None
    os.sched_setaffinity(0, {DRIVER_CORE})
    return SERVER_CORE


def take_files() -> None:
    """Each connection is one, here and in the server, which inherits how many it may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def load() -> str:
    """What the machine has to do at this moment, with whatever runs here."""
    return f"a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
