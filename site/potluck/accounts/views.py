"""Signing in with an account people have, and out again."""

from __future__ import annotations

import logging
from http import HTTPStatus

import requests
from authlib.common.errors import AuthlibBaseError
from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from joserfc.errors import JoseError

from potluck.accounts import providers, sessions
from potluck.accounts.identities import user_for
from potluck.database import db
from potluck.settings import current_settings
from potluck.web import error_response, wants_fragment, wants_json

logger = logging.getLogger(__name__)
blueprint = Blueprint("accounts", __name__)

NEXT_CHARACTERS_MAX = 200
# Each leaves a note in the session until it comes back, and the row has a limit.
ATTEMPTS_MAX = 5
# What a provider that lies, stammers or is away makes of its client.
PROVIDER_ERRORS = (
    AuthlibBaseError,
    JoseError,
    providers.ProviderFailed,
    requests.RequestException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
)


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The providers to choose from."""
    if current_user.is_authenticated:
        return redirect(_safe_next(request.args.get("next")), HTTPStatus.SEE_OTHER)
    return render_template(
        "accounts/sign_in.html",
        providers=[(p.name, providers.label(p.name)) for p in current_settings().providers],
        next=_safe_next(request.args.get("next")),
    )


@blueprint.get("/sign-in/<provider>")
def begin(provider: str) -> ResponseReturnValue:
    """Sends the browser to the provider."""
    _known_or_404(provider)
    _forget_old_attempts()
    session["next"] = _safe_next(request.args.get("next"))
    callback = current_settings().public_url + url_for(".callback", provider=provider)
    try:
        answer: ResponseReturnValue = providers.client(provider).authorize_redirect(callback)
    except PROVIDER_ERRORS as error:
        return _failed(provider, error)
    return answer


@blueprint.get("/sign-in/<provider>/callback")
def callback(provider: str) -> ResponseReturnValue:
    """Where the provider sends the browser back to."""
    _known_or_404(provider)
    try:
        profile = providers.fetch_profile(provider)
    except PROVIDER_ERRORS as error:
        return _failed(provider, error)
    user = user_for(profile)
    db.session.commit()
    if user.banned_at:
        return error_response(
            status=HTTPStatus.FORBIDDEN,
            code="banned",
            message="This account was closed by the operator. Write to them if that is a mistake.",
        )
    destination = _safe_next(session.get("next"))
    sessions.sign_in(user)
    return redirect(destination, HTTPStatus.SEE_OTHER)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Ends this browser's session, and closes its sockets."""
    sessions.sign_out()
    return redirect(url_for("home.index"), HTTPStatus.SEE_OTHER)


def unauthorized() -> ResponseReturnValue:
    """What those who are signed out get instead of a page for members."""
    if request.method == "GET" and not (wants_json() or wants_fragment()):
        destination = url_for("accounts.sign_in", next=request.path)
        return redirect(destination, HTTPStatus.SEE_OTHER)
    return error_response(status=HTTPStatus.UNAUTHORIZED, code="signed_out", message=None)


def _known_or_404(provider: str) -> None:
    if provider not in {p.name for p in current_settings().providers}:
        abort(HTTPStatus.NOT_FOUND)


def _forget_old_attempts() -> None:
    attempts = [key for key in session if key.startswith(providers.ATTEMPT_PREFIX)]
    attempts.sort(key=lambda key: session[key]["exp"])
    for key in attempts[: -(ATTEMPTS_MAX - 1)]:
        del session[key]


def _failed(provider: str, error: Exception) -> ResponseReturnValue:
    """Signed out, nothing half made; the cause goes to the log, without codes or tokens."""
    db.session.rollback()
    logger.warning("sign-in with %s failed: %s", provider, type(error).__name__)
    declined = getattr(error, "error", None) == "access_denied"
    page = render_template(
        "accounts/sign_in_failed.html", provider=providers.label(provider), declined=declined
    )
    return page, HTTPStatus.OK if declined else HTTPStatus.BAD_REQUEST


def _safe_next(target: str | None) -> str:
    """A path of ours, or home: never a link that leads people elsewhere."""
    is_ours = (
        target
        and len(target) <= NEXT_CHARACTERS_MAX
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and target.isprintable()
    )
    return target if target and is_ours else url_for("home.index")
