"""What Stripe knows is enough to rebuild a ledger that was restored from an older backup."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.billing.backup import Backup, books
from tests.billing.bank import Bank, made_earlier, mark_of, pay, pay_and_return
from tests.billing.command_line import assert_nothing_differs, figure, run
from tests.billing.people import Member, Webhook, rows
from tests.billing.stripe_line import StandIn
from tests.conftest import SignInAs
from tests.people import Browser

pytestmark = pytest.mark.usefixtures("bank")


def test_a_ledger_from_yesterdays_backup_is_rebuilt_to_the_credit_and_the_cent(
    app: Flask, dana: Member, sam: Member, bank: Bank, webhook: Webhook
) -> None:
    paid = pay_and_return(dana, bank, "feast")
    unpaid = dana.start_checkout("supper")
    yesterday = Backup()
    bank.stand_in.pay(unpaid.session_id)
    dana.return_page(unpaid)
    pay_slowly(dana, bank)
    send_money_back(paid, sam, bank, webhook)
    charge_automatically(dana, bank, webhook)
    today = books()
    assert_nothing_differs(app)
    yesterday.restore()
    assert (dana.credits, sam.credits) == (12000, 0)
    code, said = run(app, "reconcile", "--since", a_day_ago())
    assert (code, figure(said, "left")) == (0, "0"), said
    assert books() == today
    assert_nothing_differs(app)


def test_a_purchase_is_restored_although_its_buyer_has_begun_the_same_one_again(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    yesterday = Backup()
    pay(dana, stand_in)
    yesterday.restore()
    dana.start_checkout()
    code, said = run(app, "reconcile")
    assert code == 0, said
    assert "mended  purchase: nothing here, $2.00 for 2,000 credits at Stripe" in said
    assert sorted(dana.purchases) == ["open", "paid"]
    assert dana.credits == 2000


def test_a_purchase_from_long_ago_that_was_lost_is_found_by_its_refund(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    yesterday = Backup()
    checkout, payment_id = pay(dana, stand_in)
    bank.refund(payment_id, amount_minor=150)
    made_earlier(stand_in, checkout.session_id, payment_id)
    yesterday.restore()
    code, said = run(app, "reconcile")
    assert (code, figure(said, "credits added"), dana.credits) == (0, "2,000", 500), said
    assert "mended  purchase: nothing here, $2.00 for 2,000 credits at Stripe" in said


def test_what_somebody_paid_who_is_in_no_backup_stays_and_is_named(
    app: Flask, browser: Callable[[], Browser], sign_in_as: SignInAs, stand_in: StandIn
) -> None:
    yesterday = Backup()
    own = browser()
    eve = Member(own, sign_in_as(own, "Eve").id)
    checkout, payment_id = pay(eve, stand_in)
    Bank(stand_in).refund(payment_id, amount_minor=50)
    yesterday.restore()
    for _ in range(2):
        code, said = run(app, "reconcile")
        assert code == 1
        assert "LEFT    purchase: nothing here, $2.00 for 2,000 credits at Stripe" in said
        assert f", {checkout.session_id}): the books have no such member" in said
        assert "nothing here, $0.50 succeeded at Stripe" in said
        assert figure(said, "left") == "2"
    assert rows("SELECT FROM purchases") == []


def test_a_newcomer_who_was_given_the_number_of_somebody_lost_gets_none_of_their_credits(
    app: Flask, browser: Callable[[], Browser], sign_in_as: SignInAs, stand_in: StandIn
) -> None:
    yesterday = Backup()
    own = browser()
    eve = Member(own, sign_in_as(own, "Eve").id)
    pay(eve, stand_in)
    yesterday.restore()
    own = browser()
    mallory = Member(own, sign_in_as(own, "Mallory").id)
    assert mallory.user_id == eve.user_id
    assert run(app, "reconcile")[0] == 1
    assert mallory.credits == 0


def pay_slowly(member: Member, bank: Bank) -> None:
    """By a debit that arrives after the checkout."""
    checkout = member.start_checkout()
    bank.decide(f"payment_intents/{bank.debit(checkout)}/succeed")
    member.return_page(checkout)


def charge_automatically(member: Member, bank: Bank, webhook: Webhook) -> None:
    """The books hear of it, and of a refund that fails."""
    mark = mark_of(member)
    payment_id = bank.charge_saved_card(**mark)
    webhook.send("payment_intent.succeeded", {"id": payment_id, "metadata": mark})
    refund_id = bank.refund(payment_id, amount_minor=100)
    tell(webhook, "refund.created", payment_id)
    bank.decide(f"refunds/{refund_id}/fail")
    tell(webhook, "refund.failed", payment_id)


def send_money_back(paid: str, member: Member, bank: Bank, webhook: Webhook) -> None:
    """In parts that are no whole credits, and by disputes that are open, won and lost."""
    parts = pay_and_return(member, bank, "feast")
    for payment_id, amount_minor in ((paid, 333), (parts, 1), (parts, 777)):
        bank.refund(payment_id, amount_minor=amount_minor)
        tell(webhook, "refund.created", payment_id)
    for verb in ("win", "lose", None):
        payment_id = pay_and_return(member, bank)
        dispute_id = bank.dispute(payment_id)
        tell(webhook, "charge.dispute.created", payment_id)
        if verb:
            bank.decide(f"disputes/{dispute_id}/{verb}")
            tell(webhook, "charge.dispute.closed", payment_id)


def tell(webhook: Webhook, kind: str, *payment_ids: str) -> None:
    for payment_id in payment_ids:
        assert webhook.send(kind, {"payment_intent": payment_id}).status_code == 200


def a_day_ago() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
