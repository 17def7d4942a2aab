"""Who gets what: every address of the app, and what it answers to whom."""

from __future__ import annotations

from typing import NamedTuple


class Answers(NamedTuple):
    """The status for four people. The member sits in the room and made the purchase.

    The operator is a stranger there; where they get something else it says so.
    """

    signed_out: int
    stranger: int
    member: int
    operators: int | None = None

    @property
    def operator(self) -> int:
        """What somebody gets who runs the installation and made nothing of what is shown."""
        return self.stranger if self.operators is None else self.operators


PUBLIC = Answers(200, 200, 200)
PAGE_FOR_MEMBERS = Answers(303, 200, 200)
PAGE_FOR_OPERATORS = Answers(303, 404, 404, 200)
FORM_FOR_OPERATORS = Answers(401, 404, 404, 303)

# 303 sends on: those who are signed out to sign in, others to where their request led.
ROUTES = {
    "GET /": PUBLIC,
    # Without a language.
    "POST /language": Answers(422, 422, 422),
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    # To those who are on this machine or beside it, as these tests are.
    "GET /metrics": PUBLIC,
    "GET /sign-in": Answers(200, 303, 303),
    # Nobody answers at the provider of these tests.
    "GET /sign-in/<provider>": Answers(400, 400, 400),
    "GET /sign-in/<provider>/callback": Answers(400, 400, 400),
    "POST /sign-out": Answers(303, 303, 303),
    "GET /account": PAGE_FOR_MEMBERS,
    "POST /account/name": Answers(401, 303, 303),
    # No provider is named.
    "POST /account/identities": Answers(401, 404, 404),
    # Theirs is the only one.
    "POST /account/identities/<int:identity_id>/removal": Answers(401, 404, 409),
    "POST /account/sessions/<int:session_id>/revocation": Answers(401, 404, 303),
    "POST /account/sessions/revocations": Answers(401, 303, 303),
    "GET /account/export": PAGE_FOR_MEMBERS,
    "GET /account/deletion": PAGE_FOR_MEMBERS,
    # Without the word that says it is meant.
    "POST /account/deletion": Answers(401, 422, 422),
    "GET /credits": PAGE_FOR_MEMBERS,
    "GET /credits/statement.csv": PAGE_FOR_MEMBERS,
    "GET /credits/charges/<int:hold_id>": Answers(303, 404, 200),
    "GET /credits/balance": Answers(401, 200, 200),
    "GET /credits/badge": PUBLIC,
    "GET /billing/buy-button": PAGE_FOR_MEMBERS,
    # Stripe is not set up in these tests.
    "POST /billing/checkouts": Answers(401, 503, 503),
    "GET /billing/checkouts/<uuid:purchase_id>": Answers(303, 404, 200),
    "GET /billing/checkouts/<uuid:purchase_id>/status": Answers(303, 404, 200),
    "GET /billing/card": PAGE_FOR_MEMBERS,
    "POST /billing/card": Answers(401, 503, 503),
    "POST /billing/card/removal": Answers(401, 303, 303),
    "POST /billing/automatic-top-up": Answers(401, 503, 503),
    "POST /billing/automatic-top-up/removal": Answers(401, 303, 303),
    "POST /billing/webhook": Answers(503, 503, 503),
    "GET /pool": Answers(303, 200, 303),
    "GET /pool/ticket": Answers(303, 200, 303),
    "POST /pool/join": Answers(401, 303, 409),
    "POST /pool/leave": Answers(401, 303, 303),
    "GET /rooms": Answers(303, 303, 303),
    "POST /rooms": Answers(401, 303, 409),
    "GET /rooms/open": PAGE_FOR_MEMBERS,
    # Neither open nor closed.
    "POST /rooms/<code>/doors": Answers(401, 404, 422),
    # To a stranger it is an invitation.
    "GET /rooms/<code>": PAGE_FOR_MEMBERS,
    # There is a free seat, so nobody only watches; who sits there is led to their seat.
    "GET /rooms/<code>/watch": Answers(303, 303, 303),
    "GET /rooms/<code>/invitation.svg": Answers(303, 404, 200),
    "POST /rooms/<code>/join": Answers(401, 303, 303),
    "POST /rooms/<code>/leave": Answers(401, 404, 303),
    "GET /rooms/<code>/composer": Answers(303, 404, 200),
    "GET /rooms/<code>/round": Answers(303, 404, 200),
    "POST /rooms/<code>/rounds": Answers(401, 404, 409),
    # The member has added a line to it.
    "POST /rooms/<code>/recipe": Answers(401, 404, 409),
    "POST /rooms/<code>/contribution": Answers(401, 404, 303),
    "POST /rooms/<code>/generation": Answers(401, 404, 303),
    "POST /rooms/<code>/generation/stop": Answers(401, 404, 303),
    "POST /rooms/<code>/draft": Answers(401, 404, 204),
    # Others still write.
    "POST /rooms/<code>/extension": Answers(401, 404, 303),
    # Without a choice. The amount is that of another form.
    "POST /rooms/<code>/payment": Answers(401, 404, 422),
    "POST /rooms/<code>/pot": Answers(401, 404, 303),
    "POST /rooms/<code>/pot/removal": Answers(401, 404, 303),
    "POST /rooms/<code>/round/removal": Answers(401, 404, 303),
    # Nothing failed.
    "POST /rooms/<code>/retries": Answers(401, 404, 409),
    # Without a number.
    "POST /rooms/<code>/seats": Answers(401, 404, 422),
    "POST /rooms/<code>/closing": Answers(401, 404, 303),
    "GET /sheets": PAGE_FOR_MEMBERS,
    # Ada's sheet is private.
    "GET /sheets/<sheet_slug>": Answers(404, 404, 200),
    "GET /sheets/<sheet_slug>/preview.png": Answers(404, 404, 404),
    "GET /sheets/<sheet_slug>/reactions": Answers(404, 404, 200),
    # Without the mark that is meant.
    "POST /sheets/<sheet_slug>/reactions": Answers(401, 404, 422),
    "POST /sheets/<sheet_slug>/vote": Answers(401, 404, 303),
    "POST /sheets/<sheet_slug>/name": Answers(401, 404, 303),
    # What nobody else sees needs no report.
    "POST /sheets/<sheet_slug>/reports": Answers(401, 404, 409),
    # She has a line in the round that is open.
    "POST /sheets/<sheet_slug>/remix": Answers(401, 404, 409),
    "GET /rooms/<code>/rounds/<int:number>/sheet": Answers(303, 404, 303),
    "GET /gallery": PUBLIC,
    "GET /gallery/news": PUBLIC,
    "GET /pictures/<name>": Answers(404, 404, 200),
    # In development, as these tests are.
    "GET /styleguide": PAGE_FOR_MEMBERS,
    "GET /admin": PAGE_FOR_OPERATORS,
    "GET /admin/tiles": PAGE_FOR_OPERATORS,
    "GET /admin/streams": PAGE_FOR_OPERATORS,
    # It has ended.
    "POST /admin/streams/<int:generation_id>/stop": FORM_FOR_OPERATORS,
    "GET /admin/holds": PAGE_FOR_OPERATORS,
    "GET /admin/members": PAGE_FOR_OPERATORS,
    "GET /admin/members/<int:user_id>": PAGE_FOR_OPERATORS,
    "POST /admin/members/<int:user_id>/grants": FORM_FOR_OPERATORS,
    "POST /admin/members/<int:user_id>/ban": FORM_FOR_OPERATORS,
    "POST /admin/members/<int:user_id>/ban/removal": FORM_FOR_OPERATORS,
    "POST /admin/members/<int:user_id>/sessions/revocations": FORM_FOR_OPERATORS,
    "GET /admin/switches": PAGE_FOR_OPERATORS,
    "POST /admin/switches/<what>/pause": FORM_FOR_OPERATORS,
    "POST /admin/switches/<what>/resumption": FORM_FOR_OPERATORS,
    "GET /admin/trail": PAGE_FOR_OPERATORS,
    "GET /admin/purchases": PAGE_FOR_OPERATORS,
    "GET /admin/purchases/<uuid:purchase_id>": PAGE_FOR_OPERATORS,
    # Nobody has paid for it.
    "POST /admin/purchases/<uuid:purchase_id>/refunds": Answers(401, 404, 404, 422),
    "POST /admin/events/<event_id>/replay": Answers(401, 404, 404, 303),
    "GET /admin/prices": PAGE_FOR_OPERATORS,
    "POST /admin/packs": FORM_FOR_OPERATORS,
    "POST /admin/packs/<slug>/withdrawal": Answers(401, 404, 404, 404),
    "POST /admin/model-prices": FORM_FOR_OPERATORS,
    "GET /admin/sheets": PAGE_FOR_OPERATORS,
    # Nothing that is private is theirs to decide about.
    "POST /admin/sheets/<sheet_slug>/decisions": Answers(401, 404, 404, 404),
    "GET /admin/models": PAGE_FOR_OPERATORS,
    "POST /admin/models/probes": FORM_FOR_OPERATORS,
}
# Stripe sends no token: it signs what it says.
WEBHOOK = "POST /billing/webhook"
# Changes nothing but the browser's own cookie, and strangers have no token.
LANGUAGE = "POST /language"
FORMS = [each for each in ROUTES if each.startswith("POST ") and each not in (WEBHOOK, LANGUAGE)]
