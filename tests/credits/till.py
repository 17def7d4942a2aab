"""A Stripe of a few lines: payments, their refunds and disputes, and what was said of them when.

What it has said stays on record, so that it can be delivered late, twice, or after what came
later. It answers in the app's own words, and knows nothing of credits.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from potluck.billing.gateway.news import (
    DisputeNews,
    DisputeState,
    Mark,
    RefundNews,
    RefundState,
    Sale,
    SaleState,
)

# https://docs.stripe.com/checkout/fulfillment, https://docs.stripe.com/refunds and
# https://docs.stripe.com/disputes/how-disputes-work: what may follow what.
CHECKOUTS: dict[SaleState, tuple[SaleState, ...]] = {
    "open": ("paid", "processing", "expired"),
    "processing": ("paid", "failed"),
}
PAYMENTS: dict[SaleState, tuple[SaleState, ...]] = {
    "open": ("paid", "processing", "failed"),
    "processing": ("paid", "failed"),
    "failed": ("paid",),
}
REFUNDS: dict[RefundState, tuple[RefundState, ...]] = {
    "pending": ("succeeded", "failed"),
    "succeeded": ("failed",),
}
DISPUTES: dict[DisputeState, tuple[DisputeState, ...]] = {
    "inquiry": ("open", "closed"),
    "open": ("won", "lost"),
}
DISPUTES_MAX = 2


@dataclass(frozen=True)
class Statement:
    """All that Stripe says of one payment at one moment."""

    checkout: Sale
    refunds: tuple[RefundNews, ...]
    disputes: tuple[DisputeNews, ...]

    @property
    def payment(self) -> Sale:
        """The same sale, asked for by its payment."""
        return replace(self.checkout, session_id=None, client_reference=None)


@dataclass
class Payment:
    """One purchase as Stripe has it, now and at every moment before."""

    purchase_id: uuid.UUID
    member: int
    credits: int
    asked_minor: int
    is_automatic: bool
    state: SaleState = "open"
    paid_minor: int = 0
    refunds: dict[str, RefundNews] = field(default_factory=dict)
    disputes: dict[str, DisputeNews] = field(default_factory=dict)
    said: list[Statement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.say()

    @property
    def payment_id(self) -> str:
        return f"pi_{self.purchase_id.hex}"

    @property
    def was_charged(self) -> bool:
        """Whether there is money that could go back."""
        return self.state == "paid" and self.paid_minor > 0

    @property
    def may_become(self) -> tuple[SaleState, ...]:
        return (PAYMENTS if self.is_automatic else CHECKOUTS).get(self.state, ())

    @property
    def undecided(self) -> list[str]:
        """Refunds and disputes that can still become something else."""
        going = [name for name, refund in self.refunds.items() if refund.state in REFUNDS]
        return going + [name for name, each in self.disputes.items() if each.state in DISPUTES]

    @property
    def is_disputable(self) -> bool:
        return self.was_charged and len(self.disputes) < DISPUTES_MAX

    @property
    def left_minor(self) -> int:
        """How much can still be refunded; what a bank took counts as well."""
        back = sum(r.amount_minor for r in self.refunds.values() if r.state != "failed")
        taken = sum(d.amount_minor for d in self.disputes.values() if d.state in {"open", "lost"})
        return self.paid_minor - back - taken

    def become(self, state: SaleState, *, paid_minor: int) -> None:
        self.state = state
        if state == "paid":
            self.paid_minor = paid_minor
        self.say()

    def refund(
        self, amount_minor: int, state: RefundState, *, ours: uuid.UUID | None = None
    ) -> None:
        name = f"re_{len(self.refunds)}_{self.purchase_id.hex}"
        self.refunds[name] = RefundNews(
            id=name, payment_id=self.payment_id, amount_minor=amount_minor, state=state, ours=ours
        )
        self.say()

    def dispute(self, amount_minor: int, state: DisputeState) -> None:
        name = f"du_{len(self.disputes)}_{self.purchase_id.hex}"
        self.disputes[name] = DisputeNews(
            id=name,
            payment_id=self.payment_id,
            amount_minor=amount_minor,
            state=state,
            reason="fraudulent",
            evidence_due_at=None,
        )
        self.say()

    def decide(self, name: str, way: int) -> None:
        """A refund or a dispute becomes one of those states that may follow."""
        if name in self.refunds:
            refund = self.refunds[name]
            following = REFUNDS[refund.state]
            self.refunds[name] = replace(refund, state=following[way % len(following)])
        else:
            dispute = self.disputes[name]
            ways = DISPUTES[dispute.state]
            self.disputes[name] = replace(dispute, state=ways[way % len(ways)])
        self.say()

    def say(self) -> None:
        """Puts on record how things stand now."""
        has_payment = self.is_automatic or self.state in {"processing", "failed"}
        session_id = f"cs_{self.purchase_id.hex}"
        sale = Sale(
            session_id=None if self.is_automatic else session_id,
            payment_id=self.payment_id if has_payment or self.was_charged else None,
            url=None,
            state=self.state,
            currency="usd",
            amount_minor=self.asked_minor,
            paid_minor=self.paid_minor,
            receipt_url=None,
            decline=None,
            is_live=False,
            client_reference=None if self.is_automatic else str(self.purchase_id),
            mark=Mark(
                purchase_id=self.purchase_id,
                member=None,
                pack=None,
                credits=None,
                is_automatic=self.is_automatic,
            ),
            created_at=datetime.now(UTC),
        )
        news = tuple(self.refunds.values()), tuple(self.disputes.values())
        self.said.append(Statement(sale, *news))
