"""What can happen, in random order: buying, giving, holding, capturing, and money going back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import text

from potluck.billing import refunds
from potluck.billing.gateway.news import DisputeState, RefundState
from potluck.credits import holds, ledger
from potluck.database import db
from tests import orders
from tests.credits.model import MEMBERS, Model, Order, RefundOrder
from tests.credits.till import Payment

TTL_SECONDS = 600
# So few that a run has something to say of each more than once.
PAYMENTS_MAX = 5
REFUNDS_BEGIN: tuple[RefundState, ...] = ("pending", "succeeded")
PACKS = ("taster", "supper", "feast")
BEGIN_PURCHASE = text("""
    INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, source, expires_at,
        customer_id, payment_method_id)
    SELECT :user_id, packs.id, :credits, :amount_minor, 'usd', :source, now() + interval '1 day',
        card.customer_id, card.payment_method_id
    FROM packs LEFT JOIN saved_cards card ON card.user_id = :user_id AND :source = 'automatic'
    WHERE slug = :slug ON CONFLICT DO NOTHING RETURNING id
""")
# The database takes an automatic purchase from those alone who agreed to it, and whom nothing
# that came since has made it stop for.
SAVE_CARD = text("""
    INSERT INTO saved_cards (user_id, customer_id, payment_method_id, brand, last4, exp_month,
        exp_year, saved_at)
    SELECT id, 'cus_' || id, 'pm_' || id, 'visa', '4242', 12, 2099, now()
    FROM users WHERE id = :user_id ON CONFLICT DO NOTHING
""")
AGREE = text("""
    INSERT INTO automatic_top_ups (user_id, pack_id, threshold_credits, monthly_cap_minor)
    SELECT :user_id, id, 1, 1000000000 FROM packs WHERE slug = :slug
    ON CONFLICT (user_id) DO UPDATE
        SET stopped_at = NULL, stopped_because = NULL, failures = 0, try_after = NULL
""")
ORDER_GENERATION = text("""
    WITH round AS (
        INSERT INTO rounds (room_id, number, recipe, phase)
        VALUES (:room_id, :number, 'story', 'done') RETURNING id
    )
    INSERT INTO generations (round_id, price_id, messages, output_tokens_max)
    SELECT round.id, (SELECT max(id) FROM model_prices), '[]', 1 FROM round RETURNING id
""")

T = TypeVar("T")
Member = st.integers(0, MEMBERS - 1)
Pick = st.integers(0, 63)
Bool = st.booleans()
Few = st.integers(1, 40)
Much = st.one_of(Few, st.just(1_000))
Cuts = st.lists(st.integers(0, 40), min_size=MEMBERS, max_size=MEMBERS)
Refunded = st.sampled_from(REFUNDS_BEGIN)
# Mostly what Stripe says now, sometimes what it said before.
Age = st.one_of(st.just(0), st.integers(0, 9))
# A whole list, or backwards, or a part of it.
Part = st.sampled_from([slice(None), slice(None, None, -1), slice(1), slice(-1, None), slice(0)])


class Interleavings(Model):
    """Each rule is a transaction of the app's, or something at Stripe that is heard of or not."""

    @rule(member=Member, amount=Few, name=st.integers(0, 9))
    def grant(self, *, member: int, amount: int, name: int) -> None:
        key = f"{self.run}:{name}"
        gift = {"user_id": self.ids[member], "amount_credits": amount}
        is_new = db.transact(lambda: ledger.grant(**gift, key=key, reason="A gift"))
        assert is_new == (key not in self.granted)
        self.granted.add(key)
        if is_new:
            self.reference.moved[member] += amount

    @precondition(lambda self: len(self.payments) < PAYMENTS_MAX)
    @rule(member=Member, sold=st.integers(1, 99), price=Few, pack=st.integers(0, 3), pays=Bool)
    def buy(self, *, member: int, sold: int, price: int, pack: int, pays: bool) -> None:
        """One of three packs by hand or, as the fourth, by an automatic top-up."""
        is_automatic = pack == len(PACKS)
        values = {
            "user_id": self.ids[member],
            "credits": sold,
            "amount_minor": price,
            "slug": PACKS[pack % len(PACKS)],
            "source": "automatic" if is_automatic else "checkout",
        }
        purchase_id = db.transact(lambda: begin_purchase(values))
        if purchase_id:
            self.payments.append(Payment(purchase_id, member, sold, price, is_automatic))
            if pays:
                self.payments[-1].become("paid", paid_minor=price)
                self.hear_of_sale(self.payments[-1], age=0)

    @precondition(lambda self: any(each.may_become for each in self.payments))
    @rule(pick=Pick, way=Pick, extra=st.integers(-40, 9), is_heard=Bool)
    def pay(self, *, pick: int, way: int, extra: int, is_heard: bool) -> None:
        """A promotion or a tax makes what is paid another sum than what was asked."""
        payment = picked([each for each in self.payments if each.may_become], pick)
        least = 1 if payment.is_automatic else 0
        paid_minor = max(least, payment.asked_minor + extra)
        payment.become(picked(payment.may_become, way), paid_minor=paid_minor)
        if is_heard:
            self.hear_of_sale(payment, age=0)

    @precondition(lambda self: self.payments)
    @rule(pick=Pick, age=Age, by_payment=Bool)
    def hear_of_a_sale(self, *, pick: int, age: int, by_payment: bool) -> None:
        self.hear_of_sale(picked(self.payments, pick), age=age, by_payment=by_payment)

    @precondition(lambda self: any(each.left_minor > 0 for each in self.payments))
    @rule(pick=Pick, amount=Much, state=Refunded, is_heard=Bool)
    def refund(self, *, pick: int, amount: int, state: RefundState, is_heard: bool) -> None:
        """In Stripe's dashboard, whether the credits are still there or not."""
        payment = picked([each for each in self.payments if each.left_minor > 0], pick)
        payment.refund(min(amount, payment.left_minor), state)
        if is_heard:
            self.hear_of_returns(payment)

    @precondition(lambda self: any(each.is_disputable for each in self.payments))
    @rule(pick=Pick, amount=Much, is_inquiry=Bool, is_heard=Bool)
    def dispute(self, *, pick: int, amount: int, is_inquiry: bool, is_heard: bool) -> None:
        payment = picked([each for each in self.payments if each.is_disputable], pick)
        state: DisputeState = "inquiry" if is_inquiry else "open"
        payment.dispute(min(amount, payment.paid_minor), state)
        if is_heard:
            self.hear_of_returns(payment)

    @precondition(lambda self: any(each.undecided for each in self.payments))
    @rule(pick=Pick, which=Pick, way=Pick, is_heard=Bool)
    def decide(self, *, pick: int, which: int, way: int, is_heard: bool) -> None:
        """A refund goes through or fails, a dispute is opened, won or lost."""
        payment = picked([each for each in self.payments if each.undecided], pick)
        payment.decide(picked(payment.undecided, which), way)
        if is_heard:
            self.hear_of_returns(payment)

    @precondition(lambda self: any(each.was_charged for each in self.payments))
    @rule(pick=Pick, age=Age, refunds=Part, disputes=Part)
    def hear_of_what_went_back(
        self, *, pick: int, age: int, refunds: slice, disputes: slice
    ) -> None:
        payment = picked([each for each in self.payments if each.was_charged], pick)
        self.hear_of_returns(payment, age=age, refunds=refunds, disputes=disputes)

    @rule(amounts=st.dictionaries(Member, Few, min_size=1), up_to_the_last=Bool)
    def hold(self, *, amounts: dict[int, int], up_to_the_last: bool) -> None:
        """All of them, or nobody where one can't pay; or each whatever they have."""
        if up_to_the_last:
            amounts = {m: self.reference.available(m) or n for m, n in amounts.items()}
        place = {"room_id": self.room_id, "number": len(self.orders) + 1}
        generation_id = int(db.session.execute(ORDER_GENERATION, place).scalar_one())
        payers = {self.ids[member]: amount for member, amount in amounts.items()}
        short = {self.ids[member] for member in self.reference.short(amounts)}
        reserve = partial(holds.reserve, generation_id=generation_id, ttl_seconds=TTL_SECONDS)
        if short:
            with pytest.raises(ledger.InsufficientCredits) as refusal:
                reserve(amounts=payers)
            db.session.rollback()
            assert refusal.value.user_ids == short
        else:
            reserve(amounts=payers)
            db.session.commit()
            self.orders.append(Order(generation_id, amounts))
            self.reference.held.update(amounts)

    @precondition(lambda self: self.orders)
    @rule(pick=Pick)
    def dispatch(self, *, pick: int) -> None:
        order = picked(open_first(self.orders), pick)
        db.transact(lambda: orders.dispatch(order.generation_id))
        order.is_dispatched = True

    @precondition(lambda self: any(order.is_dispatched for order in self.orders))
    @rule(pick=Pick, cuts=Cuts, twice=Bool)
    def capture(self, *, pick: int, cuts: list[int], twice: bool) -> None:
        """Each pays up to the whole of what was held, some of them nothing."""
        order = picked(open_first([each for each in self.orders if each.is_dispatched]), pick)
        shares = {m: amount - cuts[m] % (amount + 1) for m, amount in order.amounts.items()}
        for _ in range(1 + twice):
            self.end(order, shares)

    @precondition(lambda self: self.orders)
    @rule(pick=Pick)
    def release(self, *, pick: int) -> None:
        self.end(picked(open_first(self.orders), pick), {})

    @precondition(lambda self: self.payments)
    @rule(pick=Pick, amount=Few)
    def ask_for_a_refund(self, *, pick: int, amount: int) -> None:
        """The operator does, and is refused what would be a debt, or more than there is."""
        payment = picked(self.payments, pick)
        sale = self.payments.index(payment)
        waiting = sum(o.amount_minor for o in self.refund_orders if o.is_open and o.sale == sale)
        needed = self.reference.needed_for_refund(sale, amount, waiting_minor=waiting)
        refund_id = uuid.uuid4()
        request = partial(
            refunds._request,
            refund_id,
            purchase_id=payment.purchase_id,
            amount_minor=amount,
            reason="",
            requested_by=None,
        )
        if needed:
            db.transact(request)
            self.refund_orders.append(RefundOrder(refund_id, sale, amount, needed))
            self.reference.held[payment.member] += needed
        else:
            with pytest.raises(refunds.RefundRefused):
                request()
            db.session.rollback()

    @precondition(lambda self: self.refund_orders)
    @rule(pick=Pick, state=Refunded, does=Bool, says_no=Bool, is_heard=Bool)
    def carry_out_a_refund(
        self, *, pick: int, state: RefundState, does: bool, says_no: bool, is_heard: bool
    ) -> None:
        """Stripe does it, or refuses, or neither; and it may say no and have done it."""
        order = picked(self.refund_orders, pick)
        payment = self.payments[order.sale]
        asked = db.transact(lambda: refunds._dispatch(order.refund_id))
        assert asked == (payment.payment_id, order.amount_minor)
        has_enough = payment.left_minor >= order.amount_minor
        if does and has_enough and not (order.is_done or order.is_given_up):
            order.is_done = True
            payment.refund(order.amount_minor, state, ours=order.refund_id)
        if says_no:
            order.is_given_up = True
            db.transact(lambda: refunds._give_up(order.refund_id))
            self.close(order)
        if is_heard:
            self.hear_of_returns(payment)


def open_first(orders: Sequence[Order]) -> Sequence[Order]:
    """Those that can still end; where there are none, those that have and must stay so."""
    return [order for order in orders if order.is_open] or orders


def picked(several: Sequence[T], number: int) -> T:
    """One of them; the latest where the number is 0, as it is in the simplest example."""
    return several[-1 - number % len(several)]


def begin_purchase(values: dict[str, Any]) -> uuid.UUID | None:
    """The id; None where one like it has begun and isn't over."""
    if values["source"] == "automatic":
        db.session.execute(SAVE_CARD, values)
        db.session.execute(AGREE, values)
    purchase_id: uuid.UUID | None = db.session.scalar(BEGIN_PURCHASE, values)
    return purchase_id
