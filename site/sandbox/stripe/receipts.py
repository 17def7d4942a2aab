"""The receipt behind a charge's `receipt_url`.

https://docs.stripe.com/receipts
"""

from datetime import UTC, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from . import charges, pages, pricing
from .api import database
from .errors import StripeError
from .store import Body, Store, where

receipts = Blueprint("receipts", __name__, url_prefix="/receipts")


@receipts.get("/<charge_id>")
def show_receipt(charge_id: str) -> ResponseReturnValue:
    with database().reading() as store:
        charge = store.load(charges.KIND, charge_id)
        if not charge["paid"]:
            return missing()
        return render_template(
            "receipts/receipt.html",
            charge=charge,
            lines=_lines(store, charge["payment_intent"]),
            paid_at=f"{datetime.fromtimestamp(charge['created'], UTC):%d %B %Y}",
            paid_with=_paid_with(charge["payment_method_details"]),
        )


@receipts.errorhandler(StripeError)
def refuse(_error: StripeError) -> ResponseReturnValue:
    return missing()


@receipts.after_request
def restrict(response: Response) -> Response:
    return pages.restrict(response)


def missing() -> ResponseReturnValue:
    return render_template("receipts/missing.html"), 404


def _lines(store: Store, intent_id: str) -> list[Body]:
    """What was bought, if it was bought in Checkout."""
    bought = store.select("checkout.session", [where("payment_intent", "=", intent_id)], limit=1)
    return [item for session in bought for item in pricing.items_of(store, session)]


def _paid_with(details: Body) -> str:
    names = {"card": "Card", "sepa_debit": "Bank debit", "us_bank_account": "Bank debit"}
    return f"{names[details['type']]} ending in {details[details['type']]['last4']}"
