"""Who gets what: every address of the app, and what it answers to whom."""

from __future__ import annotations

from typing import NamedTuple


class Answers(NamedTuple):
    """The status for three people. The member sits in the room and made the purchase."""

    signed_out: int
    stranger: int
    member: int


PUBLIC = Answers(200, 200, 200)
PAGE_FOR_MEMBERS = Answers(303, 200, 200)

# 303 sends on: those who are signed out to sign in, others to where their request led.
ROUTES = {
    "GET /": PUBLIC,
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /sign-in": Answers(200, 303, 303),
    # Nobody answers at the provider of these tests.
    "GET /sign-in/<provider>": Answers(400, 400, 400),
    "GET /sign-in/<provider>/callback": Answers(400, 400, 400),
    "POST /sign-out": Answers(303, 303, 303),
    "GET /credits": PAGE_FOR_MEMBERS,
    "GET /credits/balance": Answers(401, 200, 200),
    "GET /credits/badge": PUBLIC,
    "GET /billing/buy-button": PAGE_FOR_MEMBERS,
    # Stripe is not set up in these tests.
    "POST /billing/checkouts": Answers(401, 503, 503),
    "GET /billing/checkouts/<uuid:purchase_id>": Answers(303, 404, 200),
    "GET /billing/checkouts/<uuid:purchase_id>/status": Answers(303, 404, 200),
    "POST /billing/webhook": Answers(503, 503, 503),
    "GET /pool": Answers(303, 200, 303),
    "POST /pool/join": Answers(401, 303, 409),
    "POST /pool/leave": Answers(401, 303, 303),
    "GET /rooms": Answers(303, 303, 303),
    "POST /rooms": Answers(401, 303, 409),
    # To a stranger it is an invitation.
    "GET /rooms/<code>": PAGE_FOR_MEMBERS,
    "POST /rooms/<code>/join": Answers(401, 303, 303),
    "POST /rooms/<code>/leave": Answers(401, 404, 303),
    "GET /rooms/<code>/composer": Answers(303, 404, 200),
    "GET /rooms/<code>/round": Answers(303, 404, 200),
    "POST /rooms/<code>/rounds": Answers(401, 404, 409),
    "POST /rooms/<code>/contribution": Answers(401, 404, 303),
    "POST /rooms/<code>/generation": Answers(401, 404, 303),
    "POST /rooms/<code>/generation/stop": Answers(401, 404, 303),
}
# Stripe sends no token: it signs what it says.
WEBHOOK = "POST /billing/webhook"
FORMS = [route for route in ROUTES if route.startswith("POST ") and route != WEBHOOK]
