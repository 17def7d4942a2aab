"""Signing in with an account people have, and out again."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from potluck.accounts import identities, providers, sessions
from potluck.accounts.providers import Profile
from potluck.database import db
from potluck.settings import current_settings
from potluck.texts import gettext as _
from potluck.web import error_response, local_path, wants_fragment, wants_json

logger = logging.getLogger(__name__)
blueprint = Blueprint("accounts", __name__)

# Each leaves a note in the session until it comes back, and the row has a limit.
ATTEMPTS_MAX = 5
LINK_STATE_BYTES = 32


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The providers to choose from."""
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")), HTTPStatus.SEE_OTHER)
    return render_template(
        "accounts/sign_in.html",
        providers=[(p.name, providers.label(p.name)) for p in current_settings().providers],
        next=local_path(request.args.get("next")),
    )


@blueprint.get("/sign-in/<provider>")
def begin(provider: str) -> ResponseReturnValue:
    """Sends the browser to the provider."""
    _known_or_404(provider)
    session["next"] = local_path(request.args.get("next"))
    try:
        return redirect(_set_out(provider))
    except providers.errors() as error:
        return _failed(provider, error)


@blueprint.post("/account/identities")
@login_required
def link() -> ResponseReturnValue:
    """Leads to a provider, to sign in with it from now on as well.

    By a page of its own: browsers don't let a form end at another site.
    """
    provider = request.form.get("provider", "")
    _known_or_404(provider)
    state = secrets.token_urlsafe(LINK_STATE_BYTES)
    try:
        url = _set_out(provider, state=state)
    except providers.errors() as error:
        return _failed(provider, error)
    session["linking"] = state
    return render_template("account/linking.html", provider=providers.label(provider), url=url)


@blueprint.get("/sign-in/<provider>/callback")
def callback(provider: str) -> ResponseReturnValue:
    """Where the provider sends the browser back to."""
    _known_or_404(provider)
    is_link = _is_link()
    try:
        profile = providers.fetch_profile(provider)
    except providers.errors() as error:
        return _failed(provider, error)
    return _link(profile) if is_link else _enter(profile)


def _link(profile: Profile) -> ResponseReturnValue:
    if not current_user.is_authenticated:
        # Banned while they were away.
        abort(HTTPStatus.UNAUTHORIZED)
    identities.link(profile, user_id=current_user.id)
    db.session.commit()
    return redirect(url_for("account.show"), HTTPStatus.SEE_OTHER)


def _enter(profile: Profile) -> ResponseReturnValue:
    user = identities.user_for(profile)
    db.session.commit()
    if user.banned_at:
        return error_response(
            status=HTTPStatus.FORBIDDEN,
            code="banned",
            message=_(
                "This account was closed by the operator. Write to them if that is a mistake."
            ),
        )
    destination = local_path(session.get("next"))
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
    return error_response(status=HTTPStatus.UNAUTHORIZED, code="signed_out")


def _set_out(provider: str, *, state: str | None = None) -> str:
    """The address of the provider's page; the session remembers who asked."""
    _forget_old_attempts()
    client = providers.client(provider)
    callback = current_settings().public_url + url_for(".callback", provider=provider)
    journey = client.create_authorization_url(callback, state=state)
    client.save_authorize_data(redirect_uri=callback, **journey)
    return str(journey["url"])


def _is_link() -> bool:
    """Whether this comes back from the link that this session began last. It is good for once.

    The session ends with a sign-in or a sign-out, so nobody else can bring it to an end.
    """
    state = session.get("linking")
    if state is None or state != request.args.get("state"):
        return False
    del session["linking"]
    return True


def _known_or_404(provider: str) -> None:
    if provider not in {p.name for p in current_settings().providers}:
        abort(HTTPStatus.NOT_FOUND)


def _forget_old_attempts() -> None:
    attempts = [key for key in session if key.startswith(providers.ATTEMPT_PREFIX)]
    attempts.sort(key=lambda key: session[key]["exp"])
    for key in attempts[: -(ATTEMPTS_MAX - 1)]:
        del session[key]


def _failed(provider: str, error: Exception) -> ResponseReturnValue:
    """Nothing half made; the cause goes to the log, without codes or tokens."""
    db.session.rollback()
    logger.warning("sign-in with %s failed: %s", provider, type(error).__name__)
    declined = getattr(error, "error", None) == "access_denied"
    page = render_template(
        "accounts/sign_in_failed.html", provider=providers.label(provider), declined=declined
    )
    return page, HTTPStatus.OK if declined else HTTPStatus.BAD_REQUEST
