"""Somebody who has paid, and what becomes of the payment afterwards."""

from __future__ import annotations

from potluck.credits import ledger
from tests.billing.people import Member, Webhook, buy
from tests.billing.stripe_line import Line, StandIn


class Buyer:
    """Dana, who has paid two dollars for 2,000 credits, and what becomes of it at Stripe."""

    def __init__(self, member: Member, stand_in: StandIn, line: Line, webhook: Webhook) -> None:
        self.member, self.stand_in, self.line, self.webhook = member, stand_in, line, webhook
        checkout, self.completed = buy(member, stand_in, line)
        self.session_id = checkout.session_id
        self.payment_id = stand_in.payment_of(checkout.session_id)

    def refund(self, amount_minor: int, *, tell: bool = True) -> str:
        """In Stripe's dashboard; the refund's id."""
        refund = self.stand_in.ask(
            "/v1/refunds", payment_intent=self.payment_id, amount=amount_minor
        )
        refund_id = str(refund["id"])
        if tell:
            self.hear("refund.created", refund_id)
        return refund_id

    def hear(self, kind: str, subject_id: str) -> None:
        """The app is told."""
        delivery = self.line.wait_for(kind, subject_id)
        assert self.webhook.deliver(delivery).status_code == 200

    @property
    def balance(self) -> tuple[int, int, int]:
        """Posted, held and owed."""
        now = ledger.balance(self.member.user_id)
        return now.posted, now.held, now.owed
