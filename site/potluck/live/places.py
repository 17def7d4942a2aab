"""How many connections one browser, and one address, may hold open."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.http import parse_cookie

SESSION_CONNECTIONS_MAX = 20
# A school or a company comes from one address.
ADDRESS_CONNECTIONS_MAX = 2_000


class Full(Exception):
    """As many connections are open as may be."""


class Places:
    """Counts the connections of this process by what they share."""

    def __init__(self, *, cookie_name: str) -> None:
        self._cookie_name = cookie_name
        self._taken: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def place(self, environ: dict[str, str]) -> Iterator[None]:
        """Holds a place for a connection as long as it lasts; raises `Full`."""
        limits = self._limits(environ)
        if any(self._taken.get(key, 0) >= limit for key, limit in limits.items()):
            raise Full
        self._taken.update(limits.keys())
        try:
            yield
        finally:
            for key in limits:
                self._taken[key] -= 1
                if not self._taken[key]:
                    del self._taken[key]

    def _limits(self, environ: dict[str, str]) -> dict[tuple[str, str], int]:
        """What the connection is counted under, and how many each may have."""
        limits = {}
        address = environ.get("REMOTE_ADDR", "")
        if not _is_this_machine(address):
            limits["address", address] = ADDRESS_CONNECTIONS_MAX
        token = parse_cookie(environ.get("HTTP_COOKIE")).get(self._cookie_name)
        if token:
            limits["session", token] = SESSION_CONNECTIONS_MAX
        return limits


def _is_this_machine(address: str) -> bool:
    """Nobody else comes from there; and it is where tests and measurements come from."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
