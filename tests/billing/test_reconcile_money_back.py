"""Refunds and disputes that the books missed are made up for by the command as well."""

from __future__ import annotations

import pytest
from flask import Flask

from potluck.billing import refunds
from potluck.billing.gateway import StripeUnavailable
from potluck.credits import ledger
from potluck.database import db
from tests.billing.bank import Bank, let_days_pass, made_earlier, pay, pay_and_return
from tests.billing.command_line import assert_nothing_differs, figure, run
from tests.billing.people import Member, asked_refund, rows
from tests.billing.stripe_line import StandIn

# Its refunds stay pending until they are decided.
REFUND_TAKES_LONG = "4000000000007726"

pytestmark = pytest.mark.usefixtures("bank")


def test_a_refund_of_a_purchase_from_long_ago_is_found(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    checkout, payment_id = pay(dana, stand_in)
    dana.return_page(checkout)
    refund_id = bank.refund(payment_id, amount_minor=150)
    made_earlier(stand_in, checkout.session_id, payment_id)
    code, said = run(app, "reconcile")
    assert code == 0
    assert f"mended  refund {refund_id}: nothing here, $1.50 succeeded at Stripe" in said
    assert "mended  taken back: 0 credits here, 1,500 credits at Stripe" in said
    assert figure(said, "credits taken back") == "1,500"
    assert dana.credits == 500
    assert_nothing_differs(app)


def test_a_refund_that_failed_meanwhile_gives_the_credits_back(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    checkout, payment_id = pay(dana, stand_in)
    dana.return_page(checkout)
    refund_id = bank.refund(payment_id, amount_minor=200)
    assert run(app, "reconcile")[0] == 0
    assert dana.credits == 0
    bank.decide(f"refunds/{refund_id}/fail")
    code, said = run(app, "reconcile")
    assert code == 0
    assert f"mended  refund {refund_id}: $2.00 succeeded here, $2.00 failed at Stripe" in said
    assert figure(said, "credits taken back") == "-2,000"
    assert dana.credits == 2000
    assert_nothing_differs(app)


def test_a_refund_that_was_given_up_and_that_stripe_made_all_the_same_takes_the_credits(
    app: Flask, dana: Member, bank: Bank
) -> None:
    pay_and_return(dana, bank)
    (purchase,) = rows("SELECT id FROM purchases")
    refund_id = asked_refund(purchase.id, 150)
    bank.order("500_after", "POST /v1/refunds")
    with pytest.raises(StripeUnavailable):
        refunds.carry_out(refund_id)
    # As the sweep does with those that Stripe's lists don't show for a day.
    db.transact(lambda: refunds._give_up(refund_id))
    assert dana.credits == 2000
    code, said = run(app, "reconcile")
    assert (code, dana.credits) == (0, 500), said
    assert ": nothing here, $1.50 succeeded at Stripe" in said
    assert_nothing_differs(app)


def test_a_refund_that_was_on_its_way_for_long_is_followed_to_its_end(
    app: Flask, dana: Member, bank: Bank
) -> None:
    checkout = dana.start_checkout()
    bank.stand_in.pay(checkout.session_id, REFUND_TAKES_LONG)
    refund_id = bank.refund(bank.stand_in.payment_of(checkout.session_id), amount_minor=200)
    assert run(app, "reconcile")[0] == 0
    let_days_pass(bank.stand_in)
    bank.decide(f"refunds/{refund_id}/fail")
    code, said = run(app, "reconcile")
    assert (code, figure(said, "refunds read"), dana.credits) == (0, "0", 2000)
    assert f"mended  refund {refund_id}: $2.00 pending here, $2.00 failed at Stripe" in said
    assert_nothing_differs(app)


def test_disputes_that_took_long_thaw_or_write_off(
    app: Flask, dana: Member, sam: Member, bank: Bank
) -> None:
    disputes = {who: bank.dispute(pay(who, bank.stand_in)[1]) for who in (dana, sam)}
    assert run(app, "reconcile")[0] == 0
    assert frozen(dana, sam) == [True, True]
    let_days_pass(bank.stand_in)
    bank.decide(f"disputes/{disputes[dana]}/win")
    bank.decide(f"disputes/{disputes[sam]}/lose")
    code, said = run(app, "reconcile")
    assert (code, figure(said, "disputes read")) == (0, "0")
    assert f"dispute {disputes[dana]}: $2.00 open here, $2.00 won at Stripe" in said
    assert f"dispute {disputes[sam]}: $2.00 open here, $2.00 lost at Stripe" in said
    assert frozen(dana, sam) == [False, False]
    assert (dana.credits, sam.credits) == (2000, 0)
    assert_nothing_differs(app)


def frozen(*members: Member) -> list[bool]:
    balances = [ledger.balance(member.user_id) for member in members]
    db.session.rollback()
    return [balance.is_frozen for balance in balances]
