"""How much one connection may ask for: a bucket that fills again by the second.

Two numbers a connection, on the process that carries it: to ask must never cost more than to
refuse.
"""

from __future__ import annotations

import time

COST_PER_SECOND_MAX = 20.0
BURST_COST_MAX = 40.0
# Refused messages count as well. Whoever goes on by so much has not heard the answers.
DEBT_MAX = 100.0
MESSAGE_COST = 1.0
# Joining a namespace looks for a row.
CONNECT_COST = 4.0


class Budget:
    """What one connection has left."""

    __slots__ = ("_left", "_read_at")

    def __init__(self) -> None:
        self._left = BURST_COST_MAX
        self._read_at = time.monotonic()

    def take_message(self) -> bool:
        """Pays for a message, whatever it says; false once the connection is not worth keeping."""
        now = time.monotonic()
        gained = (now - self._read_at) * COST_PER_SECOND_MAX
        self._left = min(BURST_COST_MAX, self._left + gained) - MESSAGE_COST
        self._read_at = now
        return self._left >= -DEBT_MAX

    def take(self, cost: float) -> float:
        """Pays what is asked for in a message that is paid for itself.

        Returns 0, or after how many seconds it may ask again; then nothing was taken. By then there
        is enough for this and as much again: of a few that wait at once, each asking again would
        otherwise take away what the others waited for, and none would ever be answered.
        """
        more = cost - MESSAGE_COST
        if self._left < more:
            return (2 * cost - self._left) / COST_PER_SECOND_MAX
        self._left -= more
        return 0.0
