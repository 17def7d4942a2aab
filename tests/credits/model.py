"""The app and the reference side by side: what both are told, and that they agree."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import text

from potluck.billing import fulfilment, returns
from potluck.billing.gateway.news import DisputeNews, RefundNews
from potluck.credits import holds
from potluck.credits.audit import audit
from potluck.database import db
from potluck.rooms import rooms
from tests.credits.reference_sales import Reference, Return, Sold
from tests.credits.till import Payment
from tests.people import make_user

MEMBERS = 3
STEPS_PER_AUDIT = 50
ACCOUNTS = text("""
    SELECT user_id, posted, held, owed, freezes FROM accounts WHERE user_id = ANY(:user_ids)
""")
RETURNS = text("""
    SELECT stripe_refund_id, state FROM refunds
    WHERE purchase_id = ANY(:ids) AND stripe_refund_id IS NOT NULL
    UNION ALL
    SELECT id, state FROM disputes WHERE purchase_id = ANY(:ids)
""")
END_GENERATION = text("UPDATE generations SET state = 'done', cost_credits = :cost WHERE id = :id")
EVERYTHING = slice(None)


@dataclass
class Order:
    """A generation that members are held for."""

    generation_id: int
    amounts: dict[int, int]
    is_dispatched: bool = False
    is_open: bool = True


@dataclass
class RefundOrder:
    """A refund that the operator asked for; done at Stripe, given up here, or both."""

    refund_id: uuid.UUID
    sale: int
    amount_minor: int
    held_credits: int
    is_open: bool = True
    is_done: bool = False
    is_given_up: bool = False


class Model(RuleBasedStateMachine):
    """Three members who are new for each run, so that nothing needs to be emptied."""

    steps: ClassVar[int] = 0
    # How a run empties the database that a failed one before it left behind.
    empty: ClassVar[Callable[[], None]]
    is_dirty: ClassVar[bool] = False

    @classmethod
    def start(cls, empty: Callable[[], None]) -> None:
        cls.steps, cls.empty, cls.is_dirty = 0, staticmethod(empty), False

    def __init__(self) -> None:
        super().__init__()
        if Model.is_dirty:
            db.session.rollback()
            Model.empty()
        Model.is_dirty = True
        self.reference = Reference()
        self.payments: list[Payment] = []
        self.orders: list[Order] = []
        self.refund_orders: list[RefundOrder] = []
        self.granted: set[str] = set()
        self.run = secrets.token_hex(8)
        self.ids = [make_user(f"{name}{self.run}").id for name in "abc"]
        self.room_id = rooms.create_room(self.ids).id
        db.session.commit()

    @invariant()
    def all_is_as_the_reference_says(self) -> None:
        """Every posted, held and owed credit, every freeze, every refund and every dispute."""
        rows = db.session.execute(ACCOUNTS, {"user_ids": self.ids})
        found = {user_id: tuple(account) for user_id, *account in rows}
        ids = [payment.purchase_id for payment in self.payments]
        states = {row[0]: row[1] for row in db.session.execute(RETURNS, {"ids": ids})}
        db.session.commit()
        assert states == {name: back.state for name, back in self.reference.returns.items()}
        assert found == {id_: self.reference.account(n) for n, id_ in enumerate(self.ids)}
        Model.steps += 1
        if Model.steps % STEPS_PER_AUDIT == 0:
            audit_is_clean()

    def teardown(self) -> None:
        """What fails in a rule leaves a transaction open; what is committed must add up."""
        db.session.rollback()
        audit_is_clean()
        Model.is_dirty = False

    def hear_of_sale(self, payment: Payment, *, age: int, by_payment: bool = False) -> None:
        """Stripe's word on a checkout. Of a checkout's payment alone nothing is concluded."""
        sale, statement = self.payments.index(payment), payment.said[-1 - age % len(payment.said)]
        is_whole = payment.is_automatic or not by_payment or not statement.checkout.payment_id
        news = statement.checkout if is_whole else statement.payment
        heard_by = db.transact(lambda: fulfilment.record(news))
        is_paid = is_whole and news.state == "paid" and sale not in self.reference.sold
        assert heard_by in {None, self.ids[payment.member]}
        if is_paid:
            assert heard_by is not None
            sold = Sold(payment.member, payment.credits, news.paid_minor)
            self.reference.sold[sale] = sold

    def hear_of_returns(
        self,
        payment: Payment,
        *,
        age: int = 0,
        refunds: slice = EVERYTHING,
        disputes: slice = EVERYTHING,
    ) -> None:
        """Stripe's word on what went back; nothing, where the sale was never heard of."""
        statement = payment.said[-1 - age % len(payment.said)]
        if not statement.checkout.payment_id:
            return
        back, disputed = statement.refunds[refunds], statement.disputes[disputes]
        known = db.transact(
            lambda: returns.record(statement.payment, refunds=back, disputes=disputed)
        )
        sale = self.payments.index(payment)
        is_sold = sale in self.reference.sold
        assert known == (self.ids[payment.member] if is_sold else None)
        heard: tuple[RefundNews | DisputeNews, ...] = (*back, *disputed)
        for news in heard:
            self.reference.tell(news.id, Return(sale, news.amount_minor, news.state))
        answered = {news.ours for news in back if is_sold}
        for order in self.refund_orders:
            if order.refund_id in answered:
                self.close(order)

    def end(self, order: Order, shares: Mapping[int, int]) -> None:
        """Captures the shares and releases the rest; the second time it is nothing."""
        parts = {self.ids[member]: share for member, share in shares.items() if share}
        db.session.execute(END_GENERATION, {"id": order.generation_id, "cost": sum(parts.values())})
        if not order.is_open:
            db.session.rollback()
        db.transact(
            lambda: (
                holds.settle(order.generation_id, shares=parts)
                if parts
                else holds.release(order.generation_id)
            )
        )
        if order.is_open:
            order.is_open = False
            self.reference.held.subtract(order.amounts)
            self.reference.moved.subtract(shares)

    def close(self, order: RefundOrder) -> None:
        """Its hold has ended."""
        if order.is_open:
            order.is_open = False
            self.reference.held[self.payments[order.sale].member] -= order.held_credits


def audit_is_clean() -> None:
    report = audit()
    assert report.is_clean, report.faults
