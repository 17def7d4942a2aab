"""The operator's pages of members: who they are, what they have, and what can be done."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.accounts import acts, bans
from potluck.accounts.models import User
from potluck.accounts.operators import operator_required
from potluck.admin import members
from potluck.admin.forms import BadNumber, form_key, page_number, search_term, whole
from potluck.announcements import announce
from potluck.credits import ledger
from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

GRANT_CREDITS_MAX = 1_000_000
GIFT = "A gift from the operator"

blueprint = Blueprint("admin_members", __name__, url_prefix="/admin/members")


class NotThem(Refusal):
    """Something that can't be done to this member."""

    code = "not_them"


@blueprint.get("")
@operator_required
def index() -> ResponseReturnValue:
    """The newest, or those that are looked for."""
    term = search_term()
    found = members.found(term, page_number())
    return render_template("admin/members.html", term=term, page=found)


@blueprint.get("/<int:user_id>")
@operator_required
def show(user_id: int) -> ResponseReturnValue:
    """One of them. The key in its form makes a grant of it happen once."""
    member = (members.member(user_id) if _is_id(user_id) else None) or abort(HTTPStatus.NOT_FOUND)
    key = uuid.uuid4()
    return render_template("admin/member.html", member=member, key=key, gift=GIFT)


@blueprint.post("/<int:user_id>/grants")
@operator_required
def grant(user_id: int) -> ResponseReturnValue:
    """Gives credits away, once for each form that was shown."""
    user = _user_who_is_here(user_id)
    amount = whole("credits", at_most=GRANT_CREDITS_MAX)
    if not amount:
        message = _("Give one credit or more. Nothing was changed.")
        raise BadNumber(message)
    key, reason = form_key(), acts.cleaned(request.form.get("reason", "")) or GIFT
    given = db.transact(lambda: _grant(user, amount_credits=amount, key=key, reason=reason))
    announce("credits", user_id=user_id)
    flash(_("The credits are given.") if given else _("They were given already, and only once."))
    return _back(user_id)


@blueprint.post("/<int:user_id>/ban")
@operator_required
def ban(user_id: int) -> ResponseReturnValue:
    """Shuts them out, everywhere and at once."""
    if user_id == current_user.id:
        message = _(
            "That is you. Nothing was changed: somebody else would have to let you in again."
        )
        raise NotThem(message)
    bans.shut_out(_user_who_is_here(user_id), reason=request.form.get("reason", ""))
    db.session.commit()
    flash(_("They are shut out. What they have stays theirs."))
    return _back(user_id)


@blueprint.post("/<int:user_id>/ban/removal")
@operator_required
def lift_ban(user_id: int) -> ResponseReturnValue:
    """Lets them in again."""
    bans.let_in(_user_who_is_here(user_id), reason=request.form.get("reason", ""))
    db.session.commit()
    flash(_("They can sign in again."))
    return _back(user_id)


@blueprint.post("/<int:user_id>/sessions/revocations")
@operator_required
def sign_out(user_id: int) -> ResponseReturnValue:
    """Ends every session of theirs; with the rows their sockets go."""
    user = _user_who_is_here(user_id)
    ended = bans.sign_out_everywhere(user, reason=request.form.get("reason", ""))
    db.session.commit()
    flash(_("They are signed out everywhere.") if ended else _("They were signed in nowhere."))
    return _back(user_id)


def _grant(user: User, *, amount_credits: int, key: uuid.UUID, reason: str) -> bool:
    subject, details = f"member {user.id}", f"{amount_credits:,} credits"
    given = ledger.grant(
        user_id=user.id, amount_credits=amount_credits, key=f"operator:{key}", reason=reason
    )
    if given:
        acts.note("grant", subject, member_id=user.id, details=details, reason=reason)
    return given


def _user(user_id: int) -> User:
    found = db.session.get(User, user_id) if _is_id(user_id) else None
    return found or abort(HTTPStatus.NOT_FOUND)


def _is_id(number: int) -> bool:
    return number.bit_length() < 64  # noqa: PLR2004 - a bigint has that many


def _user_who_is_here(user_id: int) -> User:
    user = _user(user_id)
    if user.deleted_at is not None:
        message = _("They have left, and nothing can be done to their account any more.")
        raise NotThem(message)
    return user


def _back(user_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show", user_id=user_id), HTTPStatus.SEE_OTHER)
