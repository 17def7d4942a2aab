"""How many connections one browser, and one address, may hold open."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from potluck.request_heads import cookie

SESSION_CONNECTIONS_MAX = 20
# A school or a company comes from one address.
ADDRESS_CONNECTIONS_MAX = 2_000
ADDRESSES_KNOWN_MAX = 1_000


class Full(Exception):
    """As many connections are open as may be."""


# What a connection is counted under.
Place = tuple[tuple[str, str], ...]


class Places:
    """Counts the connections of this process by what they share."""

    def __init__(self, *, cookie_name: str) -> None:
        self._cookie_name = cookie_name
        self._taken: Counter[tuple[str, str]] = Counter()

    def take(self, environ: Mapping[str, Any]) -> Place:
        """A place for a connection, until it is given back; raises `Full`."""
        limits = self._limits(environ)
        if any(self._taken.get(key, 0) >= limit for key, limit in limits.items()):
            raise Full
        for key in limits:
            self._taken[key] += 1
        return tuple(limits)

    def give_back(self, place: Place) -> None:
        """The connection is over."""
        for key in place:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]

    def _limits(self, environ: Mapping[str, Any]) -> dict[tuple[str, str], int]:
        """What the connection is counted under, and how many each may have."""
        limits = {}
        address = environ.get("REMOTE_ADDR", "")
        if not _is_this_machine(address):
            limits["address", address] = ADDRESS_CONNECTIONS_MAX
        token = cookie(environ, self._cookie_name)
        if token:
            limits["session", token] = SESSION_CONNECTIONS_MAX
        return limits


@lru_cache(maxsize=ADDRESSES_KNOWN_MAX)
def _is_this_machine(address: str) -> bool:
    """Nobody else comes from there; and it is where tests and measurements come from."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
