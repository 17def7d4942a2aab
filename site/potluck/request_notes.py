"""What is noted of each request: a name, a line in the log, and a figure for whoever watches."""

from __future__ import annotations

import logging
import random
import re
import secrets
import time
from collections.abc import Mapping
from functools import lru_cache

from potluck import logs, metrics

logger = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[\w-]{8,64}", re.ASCII)
# Nobody has to guess a name, and the kernel's own random bytes are a tenth of a small answer.
_names = random.Random(secrets.randbits(128))  # noqa: S311
# As many as there are endpoints, times a few.
_figures = lru_cache(maxsize=1_024)(metrics.REQUESTS.labels)


def request_id(given: str) -> str:
    """What a proxy in front of us calls the request, or a name of our own."""
    return given if REQUEST_ID.fullmatch(given) else f"{_names.getrandbits(64):016x}"


def note(
    method: str,
    path: str,
    endpoint: str,
    status: int,
    *,
    started_at: float,
    ids: Mapping[str, object],
) -> None:
    """Once it is answered: `started_at` is monotonic, and `ids` are what the line is about."""
    seconds = time.monotonic() - started_at
    _figures(endpoint, status).observe(seconds)
    logs.note(logger, f"{method} {path} {status} {seconds * 1000:.0f} ms", ids)
