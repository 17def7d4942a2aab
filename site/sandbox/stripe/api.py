"""What every API answer has in common: who may ask, request ids, versions, errors, idempotency."""

import hmac
import logging
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from . import idempotency, request_faults
from .database import Database
from .errors import CardError, StripeError
from .events import API_VERSION
from .expansion import expand
from .faults import Fault
from .idempotency import Answer
from .ids import new_id
from .parameters import parameters_of
from .request_faults import HungUp
from .store import Body, Cause, Store

AUTHENTICATION_HELP = (
    "You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
)

Verb = Callable[[Store, dict[str, Any]], Body]

api = Blueprint("api", __name__, url_prefix="/v1")
log = logging.getLogger(__name__)
keys_in_flight = idempotency.KeysInFlight()


def answer_reading(params_type: type, verb: Verb) -> Response:
    """Answer a GET with what `verb` finds."""
    params = parameters_of(params_type)
    fault = _begin()
    with database().reading() as store:
        answer = Answer(200, expand(store, verb(store, params), params.get("expand", [])))
    return _respond(request_faults.spoil(fault, answer), fault)


def answer_writing(params_type: type, verb: Verb) -> Response:
    """Answer a POST with what `verb` makes, once for every idempotency key."""
    params = parameters_of(params_type)
    key = request.headers.get("Idempotency-Key")
    if not key:
        fault = _begin()
        return _respond(_carry_out(params, verb, None, fault), fault)
    asked = idempotency.asked(key, request.path, list(request.form.items(multi=True)))
    with keys_in_flight.holding(key):
        fault = _begin()
        try:
            answer = _carry_out(params, verb, asked, fault)
        except StripeError:
            raise
        except Exception:
            log.exception("request %s failed", g.request_id)
            answer = Answer(500, _internal_error().body())
            with database().writing() as store:
                idempotency.remember(store, asked, answer)
    return _respond(answer, fault)


def database() -> Database:
    found: Database = current_app.config["DATABASE"]
    return found


@api.before_request
def identify_request() -> None:
    g.request_id = new_id("req")


@api.before_request
def authenticate() -> None:
    sent = request.authorization
    key = (sent.token or sent.username) if sent else None
    if not key:
        message = f"You did not provide an API key. {AUTHENTICATION_HELP}"
        raise StripeError(message, status=401)
    if not hmac.compare_digest(key.encode(), current_app.config["SECRET_KEY_OF_API"].encode()):
        message = f"Invalid API Key provided: {key[:8]}****{key[-4:]}"
        raise StripeError(message, status=401)


@api.after_request
def describe_answer(response: Response) -> Response:
    response.headers["Request-Id"] = g.request_id
    response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
    response.headers["Cache-Control"] = "no-cache, no-store"
    if key := request.headers.get("Idempotency-Key"):
        response.headers["Idempotency-Key"] = key
    return response


@api.errorhandler(StripeError)
def refuse(error: StripeError) -> tuple[Response, int]:
    return jsonify(error.body()), error.status


@api.errorhandler(HungUp)
def say_nothing(_hung_up: HungUp) -> Response:
    return request_faults.silence()


@api.errorhandler(500)
def apologise(_error: Exception) -> tuple[Response, int]:
    return jsonify(_internal_error().body()), 500


def _begin() -> Fault | None:
    return request_faults.begin(database(), f"{request.method} {request.path}")


def _carry_out(
    params: dict[str, Any], verb: Verb, asked: idempotency.Asked | None, fault: Fault | None
) -> Answer:
    cause = Cause(request_id=g.request_id, idempotency_key=asked.key if asked else None)
    with database().writing(cause) as store:
        if asked and (stored := idempotency.recall(store, asked)):
            return stored
        try:
            answer = Answer(200, expand(store, verb(store, params), params.get("expand", [])))
        except CardError as refusal:
            answer = Answer(refusal.status, refusal.body())
        answer = request_faults.spoil(fault, answer)
        if asked:
            idempotency.remember(store, asked, answer)
    return answer


def _respond(answer: Answer, fault: Fault | None) -> Response:
    request_faults.end(fault)
    response = jsonify(answer.body)
    response.status_code = answer.status
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _internal_error() -> StripeError:
    message = "An unknown error occurred in the stand-in for Stripe. Its log says more."
    return StripeError(message, status=500, kind="api_error")
