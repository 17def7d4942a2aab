"""When Stripe and the books have lost touch, one command credits whatever is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from potluck.billing.books import of as entries_of
from potluck.billing.comparison import Theirs
from potluck.billing.gateway import Gateway
from potluck.billing.reconcile import Reconciliation
from potluck.database import db
from tests.billing.backup import books
from tests.billing.bank import Bank, let_days_pass, mark_of, pay
from tests.billing.command_line import AGREES, assert_nothing_differs, figure, run
from tests.billing.people import Member
from tests.billing.stripe_line import SECRET_KEY, Line, StandIn

pytestmark = pytest.mark.usefixtures("bank")


@pytest.mark.fault("M5")
def test_whoever_paid_while_no_webhook_came_gets_their_credits(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    checkout, _ = pay(dana, stand_in)
    code, said = run(app, "reconcile")
    assert code == 0
    assert "mended  state: open here, paid at Stripe" in said
    assert "mended  paid: $0.00 here, $2.00 at Stripe" in said
    assert "mended  credited: 0 credits here, 2,000 credits at Stripe" in said
    assert (
        f"(purchase {checkout.purchase_id}, member {dana.user_id}, {checkout.session_id})" in said
    )
    assert figure(said, "credits added") == "2,000"
    assert (dana.purchases, dana.top_ups, dana.credits) == (["paid"], 1, 2000)
    assert_nothing_differs(app)


def test_a_dry_run_says_the_same_and_changes_nothing(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    pay(dana, stand_in)
    before = books()
    code, said = run(app, "reconcile", "--dry-run")
    assert code == 1
    assert "LEFT    credited: 0 credits here, 2,000 credits at Stripe" in said
    assert "\nmended  " not in said
    assert said.endswith("Nothing was changed: this was a dry run.\n")
    assert books() == before


@pytest.mark.fault("M5")
def test_a_delayed_payment_that_arrived_meanwhile_is_credited(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    checkout = dana.start_checkout()
    payment_id = bank.debit(checkout)
    assert "state: open here, processing at Stripe" in run(app, "reconcile")[1]
    assert dana.purchases == ["processing"]
    bank.decide(f"payment_intents/{payment_id}/succeed")
    # So long ago that Stripe's list of what is new leaves it out.
    let_days_pass(stand_in)
    code, said = run(app, "reconcile")
    assert (code, figure(said, "checkouts read"), dana.credits) == (0, "0", 2000)
    assert_nothing_differs(app)


def test_a_checkout_that_a_code_made_free_is_credited(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    checkout = dana.start_checkout()
    stand_in.rewrite(
        checkout.session_id, amount_total=0, payment_status="no_payment_required", status="complete"
    )
    code, said = run(app, "reconcile")
    assert (code, dana.purchases, dana.credits) == (0, ["paid"], 2000)
    assert "paid: " not in said
    assert_nothing_differs(app)


def test_a_payment_without_a_checkout_is_credited(app: Flask, dana: Member, bank: Bank) -> None:
    bank.charge_saved_card(**mark_of(dana))
    code, said = run(app, "reconcile")
    assert (code, dana.purchases, dana.credits) == (0, ["paid"], 5000), said
    assert_nothing_differs(app)


def test_checkouts_of_another_shop_are_counted_and_left_alone(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    checkout, payment_id = pay(dana, stand_in)
    bank.refund(payment_id, amount_minor=100)
    bank.dispute(payment_id)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE purchases SET state = 'expired'"))
    stand_in.rewrite(checkout.session_id, metadata={})
    stand_in.rewrite(payment_id, metadata={"order": "cake-7"})
    code, said = run(app, "reconcile")
    assert code == 0
    assert figure(said, "without our mark") == "4"
    assert figure(said, "differences found") == "0"
    assert dana.credits == 0


def test_what_was_given_up_here_and_nobody_paid_is_no_difference(app: Flask, dana: Member) -> None:
    dana.start_checkout()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE purchases SET state = 'failed'"))
    assert_nothing_differs(app)


def test_what_was_paid_while_the_list_was_read_is_no_difference(
    dana: Member, stand_in: StandIn, gateway: Gateway
) -> None:
    checkout = dana.start_checkout()
    sale = gateway.sale_of_checkout(checkout.session_id)
    assert sale.mark
    stand_in.pay(checkout.session_id)
    dana.return_page(checkout)
    run = Reconciliation(since=datetime.now(UTC))
    ours = entries_of([checkout.purchase_id])[checkout.purchase_id]
    assert list(run._check(Theirs(sale=sale, mark=sale.mark), ours)) == []


def test_every_page_of_a_long_list_is_read(
    app: Flask, dana: Member, sam: Member, stand_in: StandIn, line: Line
) -> None:
    app.extensions["stripe"] = Gateway(SECRET_KEY, api_url=line.url, page_rows=2)
    for member in (dana, sam):
        for pack in ("taster", "supper", "feast"):
            pay(member, stand_in, pack)
    line.asked.clear()
    code, said = run(app, "reconcile")
    assert (code, figure(said, "checkouts read"), figure(said, "credits added")) == (
        0,
        "6",
        "38,000",
    )
    pages = [asked.path for asked in line.asked if "/checkout/sessions?" in asked.path]
    assert len(pages) == 3
    assert (dana.credits, sam.credits) == (19000, 19000)


def test_when_stripe_falls_silent_what_was_mended_stays_and_the_next_run_goes_on(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    _, payment_id = pay(dana, stand_in)
    bank.refund(payment_id, amount_minor=50)
    bank.order("timeout_before", "GET /v1/refunds", seconds=0)
    code, said = run(app, "reconcile")
    assert code == 1
    assert "mended  credited: 0 credits here, 2,000 credits at Stripe" in said
    assert "Stopped: Stripe gave no answer while reading refunds, after 0." in said
    assert AGREES not in said
    assert dana.credits == 2000
    bank.end_faults()
    code, said = run(app, "reconcile")
    assert code == 0
    assert "credited" not in said
    assert dana.credits == 1500


def test_with_a_key_that_stripe_refuses_it_agrees_with_nothing(app: Flask, line: Line) -> None:
    app.extensions["stripe"] = Gateway("sk_test_withdrawn", api_url=line.url)
    code, said = run(app, "reconcile")
    assert code == 1
    assert "Stopped: Stripe refused while reading checkouts, after 0." in said
    assert "sk_test" not in said


def test_it_says_since_when_and_reads_no_further_back(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    checkout, payment_id = pay(dana, stand_in)
    for object_id in (checkout.session_id, payment_id):
        moment = datetime(2026, 1, 31, 20, tzinfo=UTC)
        stand_in.rewrite(object_id, created=int(moment.timestamp()))
    code, said = run(app, "reconcile", "--since", "2026-02-02", "--dry-run")
    assert said.startswith("Reading what Stripe has since 2026-02-02 00:00 UTC.\n")
    assert figure(said, "checkouts read") == "0"
    # What was open when the backup was made may have been paid after it.
    code, said = run(app, "reconcile", "--since", "2026-02-01T02:00+02:00", "--dry-run")
    assert said.startswith("Reading what Stripe has since 2026-02-01 00:00 UTC.\n")
    assert (code, figure(said, "checkouts read")) == (1, "1")
    thirty_days_ago = datetime.now(UTC) - timedelta(days=30)
    assert f"since {thirty_days_ago:%Y-%m-%d}" in run(app, "reconcile", "--dry-run")[1]


@pytest.mark.parametrize(
    ("since", "sentence"),
    [
        ("yesterday", "yesterday is no date. Write it like 2026-01-31"),
        ("2026-13-01", "2026-13-01 is no date."),
        ("2999-01-01", "2999-01-01 is yet to come: there is nothing to reconcile."),
        ("0001-01-01T00:00+14:00", "is no date."),
    ],
)
def test_a_date_that_cannot_be_is_refused_in_a_sentence(
    app: Flask, since: str, sentence: str
) -> None:
    code, said = run(app, "reconcile", "--since", since)
    assert code == 2
    assert sentence in said


def test_without_a_key_for_stripe_it_says_so(app: Flask) -> None:
    app.extensions["stripe"] = None
    code, said = run(app, "reconcile")
    assert code == 1
    assert "There is no key for Stripe here: set STRIPE_SECRET_KEY." in said
