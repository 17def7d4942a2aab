"""The other half of the reference: what was sold, and the money that went back."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.credits.reference import Ledger

# How far a refund or a dispute has come: late news is of a lower stage, and changes nothing.
STAGES = {"pending": 1, "succeeded": 2, "failed": 3}
STAGES |= {"inquiry": 1, "open": 2, "closed": 3, "won": 3, "lost": 3}
MONEY_IS_GONE = {"pending", "succeeded", "open", "lost"}


@dataclass(frozen=True)
class Sold:
    """Credits that were paid for, with how much money."""

    buyer: int
    credits: int
    paid_minor: int


@dataclass(frozen=True)
class Return:
    """A refund or a dispute of a sale, as far as we were told."""

    sale: int
    amount_minor: int
    state: str


@dataclass
class Reference(Ledger):
    """A ledger whose members buy; sales go by numbers of the caller's choice, too."""

    sold: dict[int, Sold] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)

    def tell(self, name: str, news: Return) -> None:
        """A return's news; of a sale that nobody has heard of it says nothing."""
        before = self.returns.get(name)
        if news.sale in self.sold and STAGES[news.state] > (STAGES[before.state] if before else 0):
            self.returns[name] = news

    def gone_minor(self, sale: int) -> int:
        of_sale = (back for back in self.returns.values() if back.sale == sale)
        return sum(back.amount_minor for back in of_sale if back.state in MONEY_IS_GONE)

    def credits_for(self, sale: int, amount_minor: int) -> int:
        """The part of a sale's credits that so much of its money was for, rounded down."""
        sold = self.sold[sale]
        share = min(amount_minor, sold.paid_minor) * sold.credits
        return share // sold.paid_minor if sold.paid_minor else 0

    def net(self, member: int) -> int:
        mine = [sale for sale, sold in self.sold.items() if sold.buyer == member]
        kept = (self.sold[n].credits - self.credits_for(n, self.gone_minor(n)) for n in mine)
        return super().net(member) + sum(kept)

    def freezes(self, member: int) -> int:
        states = (b.state for b in self.returns.values() if self.sold[b.sale].buyer == member)
        return sum(state == "open" for state in states)

    def needed_for_refund(self, sale: int, amount_minor: int, *, waiting_minor: int) -> int:
        """The credits an operator's refund sets aside; 0 where it is refused.

        `waiting_minor` was asked of Stripe before and has not been answered.
        """
        sold = self.sold.get(sale)
        gone = self.gone_minor(sale) + waiting_minor
        is_disputed = any(b.sale == sale and b.state == "open" for b in self.returns.values())
        if sold is None or is_disputed or gone + amount_minor > sold.paid_minor:
            return 0
        needed = self.credits_for(sale, gone + amount_minor) - self.credits_for(sale, gone)
        return needed if needed <= self.available(sold.buyer) else 0
