"""Why a process says that connections to it have ended."""

from __future__ import annotations

import time

import requests

SECONDS_MAX = 10
POLL_SECONDS = 0.05


def closures(url: str, reason: str) -> int:
    """How many for this reason so far."""
    start = f'potluck_closures_total{{reason="{reason}"}} '
    lines = requests.get(f"{url}/metrics", timeout=SECONDS_MAX).text.splitlines()
    return sum(int(float(line.removeprefix(start))) for line in lines if line.startswith(start))


def await_closures(url: str, reason: str, number: int) -> None:
    """Returns once there are so many; a client may know of its end before the process does."""
    deadline = time.monotonic() + SECONDS_MAX
    while (counted := closures(url, reason)) < number:
        assert time.monotonic() < deadline, f"{counted} connections ended by {reason}"
        time.sleep(POLL_SECONDS)
    assert counted == number
