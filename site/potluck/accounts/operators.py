"""Who runs this installation: whoever a provider vouches for under one of `OPERATOR_EMAILS`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec

from flask import abort, g
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from sqlalchemy import select

from potluck.accounts import sessions
from potluck.accounts.models import Identity
from potluck.database import db
from potluck.settings import current_settings

P = ParamSpec("P")

# Of whose session `s` is.
VOUCHED = "SELECT array_agg(email) FROM identities WHERE user_id = s.user_id AND email_vouched"


def is_operator() -> bool:
    """Whether the request comes from an operator. Asked of the database once a request."""
    if not (current_user.is_authenticated and current_settings().operator_emails):
        return False
    if "is_operator" not in g:
        g.is_operator = _is_operator()
    return bool(g.is_operator)


def operator_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """The view for operators; to other members there is nothing at its address."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not is_operator():
            abort(HTTPStatus.NOT_FOUND)
        return view(*args, **kwargs)

    return login_required(guarded)  # type: ignore[no-any-return]


def operator_email(user_id: int) -> str | None:
    """The address that makes somebody an operator; None for everybody else."""
    emails = _operator_emails()
    query = select(Identity.email).where(
        Identity.user_id == user_id, Identity.email_vouched, Identity.email.in_(emails)
    )
    return db.session.scalar(query.order_by(Identity.id).limit(1))


def _is_operator() -> bool:
    brought = sessions.brought()
    if brought is None:
        return operator_email(current_user.id) is not None
    return not _operator_emails().isdisjoint(brought["vouched_emails"] or [])


def _operator_emails() -> set[str]:
    return {email.lower() for email in current_settings().operator_emails}
