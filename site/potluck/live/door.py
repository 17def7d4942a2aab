"""Lets sockets in before anything is made for a request that they don't need."""

from __future__ import annotations

from typing import Any

from potluck.answers import QuickHandler
from potluck.limits import address_behind
from potluck.live.handshake import read_upgrade
from potluck.live.transport import Engine, taken_over


class Doorkeeper(QuickHandler):
    """Handles one connection's requests, until one of them asks for a WebSocket."""

    # gevent's, or `None` once there is none any more that the server could read or close.
    socket: Any

    def __init__(self, engine: Engine, is_behind_proxy: bool, *args: Any) -> None:  # noqa: FBT001
        super().__init__(*args)
        self._engine = engine
        self._is_behind_proxy = is_behind_proxy

    def _is_taken_over(self, data: bytes) -> bool:
        upgrade = read_upgrade(data)
        if upgrade is None or not self._engine.accepts(upgrade):
            return False
        forwarded_for = upgrade.environ.pop("HTTP_X_FORWARDED_FOR", None)
        address = self.client_address[0]
        if self._is_behind_proxy:
            address = address_behind(address, forwarded_for)
        upgrade.environ["REMOTE_ADDR"] = address
        connected, self.socket = self.socket, None
        self._engine.welcome(upgrade, taken_over(connected))
        return True
