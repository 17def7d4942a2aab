"""Where faults are ordered, as a page for people and as JSON for programs. Stripe has no such API.

There is no key to it: whoever reaches the stand-in may use it, as they may pay with a test card.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import deliveries, fault_kinds, faults, held, outbox, pages
from .api import database
from .errors import StripeError
from .fault_kinds import KINDS, OrderRefused

fault_pages = Blueprint("fault_pages", __name__, url_prefix="/control")


@fault_pages.get("")
def show_control() -> ResponseReturnValue:
    return render_template("control/index.html")


@fault_pages.get("/faults")
def show_faults() -> ResponseReturnValue:
    if not _wants_json():
        return _page()
    with database().reading() as store:
        return jsonify(
            faults=[fault.shown() for fault in faults.ordered(store)],
            deliveries=[delivery.shown() for delivery in deliveries.latest(store)],
        )


@fault_pages.post("/faults")
def order_fault() -> ResponseReturnValue:
    order = fault_kinds.read(_sent())
    with database().writing() as store:
        fault = faults.add(store, order)
    return (jsonify(fault.shown()), 201) if _wants_json() else _back()


@fault_pages.delete("/faults")
@fault_pages.post("/faults/removal")
def remove_faults() -> ResponseReturnValue:
    with database().writing() as store:
        held.call_off_all(store)
    return _done()


@fault_pages.delete("/faults/<int:fault_id>")
@fault_pages.post("/faults/<int:fault_id>/removal")
def remove_fault(fault_id: int) -> ResponseReturnValue:
    with database().writing() as store:
        removed = held.call_off(store, fault_id)
    # A fault that has just happened for the last time is gone too, which a form need not mourn.
    return _done() if removed or not _wants_json() else _refused(f"No such fault: {fault_id}.", 404)


@fault_pages.post("/deliveries/release")
def release_deliveries() -> ResponseReturnValue:
    with database().writing() as store:
        released = outbox.release(store)
    return jsonify(released=released) if _wants_json() else _back()


@fault_pages.post("/events/<event_id>/delivery")
def send_event_again(event_id: str) -> ResponseReturnValue:
    with database().writing() as store:
        outbox.send_again(store, event_id)
    return (jsonify(event=event_id), 202) if _wants_json() else _back()


@fault_pages.errorhandler(OrderRefused)
def refuse_order(error: OrderRefused) -> ResponseReturnValue:
    return _refused(str(error), 422)


@fault_pages.errorhandler(StripeError)
def refuse(error: StripeError) -> ResponseReturnValue:
    return _refused(error.message, error.status)


@fault_pages.before_request
def refuse_other_sites() -> ResponseReturnValue | None:
    """A page of another site in a browser on this machine must not order anything."""
    # Not `Origin`: our own pages ask for no referrer, and then browsers send "null" there.
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method == "GET" or site in ("same-origin", "none"):
        return None
    return _refused("Faults are ordered here, not from another site.", 403)


@fault_pages.after_request
def restrict(response: Response) -> Response:
    return pages.restrict(response)


def _wants_json() -> bool:
    """Asked for, sent, or meant by a verb that no form has. A browser gets the page."""
    accepts = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or request.method == "DELETE" or accepts == "application/json"


def _sent() -> dict[str, Any]:
    if not request.is_json:
        return request.form.to_dict()
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise OrderRefused("A fault is ordered with a JSON object.")
    return sent


def _page(**shown: Any) -> str:
    with database().reading() as store:
        return render_template(
            "control/faults.html",
            kinds=KINDS,
            faults=faults.ordered(store),
            deliveries=deliveries.latest(store),
            form=request.form,
            **shown,
        )


def _refused(message: str, status: int) -> ResponseReturnValue:
    if _wants_json():
        return jsonify(error={"message": message}), status
    return _page(refusal=message), status


def _done() -> ResponseReturnValue:
    return Response(status=204) if _wants_json() else _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for(".show_faults"), 303)
