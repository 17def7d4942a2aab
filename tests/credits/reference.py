"""What credits must come to, said once more without a database: a ledger of twenty lines.

The ledger moves step by step and must never lose one. This keeps only the facts, in any order,
and says what follows from them: what came in less what went out is a number that may be negative;
as much of it as is held, or more, stands on the account, and what is missing is owed. What is sold
and given back is in `reference_sales.py`. Nothing of Potluck is imported in either, so that
nothing of it can be wrong twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """Members go by numbers of the caller's choice."""

    moved: Counter[int] = field(default_factory=Counter)
    held: Counter[int] = field(default_factory=Counter)

    def net(self, member: int) -> int:
        """Everything that came in less everything that went out; below zero is a debt."""
        return self.moved[member]

    def freezes(self, member: int) -> int:  # noqa: ARG002 - for those who know of disputes
        return 0

    def account(self, member: int) -> tuple[int, int, int, int]:
        """`posted`, `held`, `owed` and `freezes`."""
        net, held = self.net(member), self.held[member]
        return max(net, held), held, max(0, held - net), self.freezes(member)

    def available(self, member: int) -> int:
        return max(0, self.net(member) - self.held[member])

    def short(self, amounts: Mapping[int, int]) -> set[int]:
        """Who of them can't set so much aside."""
        return {m for m, n in amounts.items() if self.available(m) < n or self.freezes(m)}
