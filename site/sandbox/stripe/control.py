"""Deciding how payments, refunds and disputes go on, which is up to banks at Stripe.

No part of Stripe's API: a page for people, and the same verbs as JSON for programs. Like the pages
that take test cards it asks for no key, and the stand-in listens to its own machine unless told
otherwise.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import charges, debits, dispute_outcomes, disputes, pages, refund_outcomes
from .api import database
from .errors import StripeError
from .outcomes import lists
from .store import Body, Store

CHANGES_FROM_ELSEWHERE = "Only the stand-in's own pages may change anything here."

Verb = Callable[[Store, str], Body]
VERBS: dict[tuple[str, str], Verb] = {
    ("payment_intents", "succeed"): debits.succeed,
    ("payment_intents", "fail"): debits.fail,
    ("refunds", "succeed"): refund_outcomes.succeed,
    ("refunds", "fail"): refund_outcomes.fail,
    ("refunds", "require_action"): refund_outcomes.require_action,
    ("disputes", "win"): dispute_outcomes.win,
    ("disputes", "lose"): dispute_outcomes.lose,
    ("disputes", "escalate"): dispute_outcomes.escalate,
}

control = Blueprint("control", __name__, url_prefix="/control")


class Refused(Exception):
    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@control.get("/payments")
def show_payments() -> ResponseReturnValue:
    with database().reading() as store:
        found = lists(store)
    return jsonify(found) if _wants_json() else _page(found)


@control.post("/charges/<object_id>/dispute")
def open_dispute(object_id: str) -> ResponseReturnValue:
    sent = _sent()
    amount = _amount(sent.get("amount"))

    def verb(store: Store, charge_id: str) -> Body:
        return disputes.open_(
            store,
            store.load(charges.KIND, charge_id),
            reason=str(sent.get("reason") or "fraudulent"),
            inquiry=str(sent.get("inquiry", "")).lower() in ("1", "on", "true"),
            amount=amount,
        )

    return _decided(verb, object_id)


@control.post("/<any(payment_intents, refunds, disputes):noun>/<object_id>/<verb>")
def decide(noun: str, object_id: str, verb: str) -> ResponseReturnValue:
    if (noun, verb) not in VERBS:
        known = ", ".join(v for n, v in VERBS if n == noun)
        message = f"There is no {verb} here. {noun} know: {known}."
        raise Refused(message, HTTPStatus.NOT_FOUND)
    return _decided(VERBS[noun, verb], object_id)


@control.before_request
def refuse_other_sites() -> None:
    """A page of another site in a browser on this machine must not decide anything."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        raise Refused(CHANGES_FROM_ELSEWHERE, HTTPStatus.FORBIDDEN)


@control.after_request
def restrict(response: Response) -> Response:
    return pages.restrict(response)


@control.errorhandler(Refused)
def refuse(error: Refused) -> ResponseReturnValue:
    if _wants_json():
        return jsonify(error={"message": error.sentence}), error.status
    with database().reading() as store:
        return _page(lists(store), refusal=error.sentence), error.status


@control.errorhandler(StripeError)
def refuse_verb(error: StripeError) -> ResponseReturnValue:
    status = error.status if error.status == HTTPStatus.NOT_FOUND else HTTPStatus.CONFLICT
    return refuse(Refused(error.message, status))


def _decided(verb: Verb, object_id: str) -> ResponseReturnValue:
    with database().writing() as store:
        changed = verb(store, object_id)
    return jsonify(changed) if _wants_json() else redirect(url_for(".show_payments"), 303)


def _page(found: dict[str, list[Body]], refusal: str | None = None) -> str:
    return render_template(
        "control/payments.html", refusal=refusal, reasons=disputes.REASONS, **found
    )


def _sent() -> dict[str, Any]:
    if not request.is_json:
        return dict(request.form)
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        message = "The body must be a JSON object."
        raise Refused(message, HTTPStatus.CONFLICT)
    return sent


def _amount(sent: Any) -> int | None:
    if sent in (None, ""):
        return None
    if not str(sent).isdecimal():
        message = "The amount must be a whole number of the currency's smallest unit."
        raise Refused(message, HTTPStatus.CONFLICT)
    return int(sent)


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    return request.is_json or accepted["application/json"] > accepted["text/html"]
