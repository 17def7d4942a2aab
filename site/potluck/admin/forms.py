"""What operators type, read from the request."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import request

from potluck.languages import number
from potluck.refusals import Refusal
from potluck.texts import gettext as _

SEARCH_CHARACTERS_MAX = 255
PAGE_MAX = 1_000


class BadNumber(Refusal):
    """What was typed is no whole number in the range."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_number"


def whole(field: str, *, at_most: int) -> int:
    """A whole number from 0, with or without commas; raises `BadNumber`."""
    typed = request.form.get(field, "").strip().replace(",", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(at_most))):
        message = _(
            "Write %(field)s as a whole number, like 5000. Nothing was changed.", field=field
        )
        raise BadNumber(message)
    value = int(typed)
    if value > at_most:
        most = number(at_most)
        raise BadNumber(_("That goes up to %(most)s. Nothing was changed.", most=most))
    return value


def form_key() -> uuid.UUID:
    """What makes a form count once, however often it is sent."""
    try:
        return uuid.UUID(request.form.get("key", ""))
    except ValueError:
        message = _("This form is incomplete. Open its page again. Nothing was changed.")
        raise Refusal(message, code="bad_key", status=HTTPStatus.UNPROCESSABLE_ENTITY) from None


def search_term() -> str:
    """What is looked for."""
    return request.args.get("q", "").strip().replace("\0", "")[:SEARCH_CHARACTERS_MAX]


def page_number() -> int:
    """Which page of a list, from 1."""
    return min(max(request.args.get("page", 1, type=int), 1), PAGE_MAX)
