"""Which user a profile belongs to."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from blinker import Signal
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from potluck.accounts.models import FormerIdentity, Identity, User
from potluck.accounts.providers import Profile, label
from potluck.database import db
from potluck.refusals import Refusal
from potluck.settings import current_settings
from potluck.texts import gettext as _

# Sent with the new `User` inside the transaction that makes them, and whether their identity
# was here before.
user_created = Signal()


class IdentityTaken(Refusal):
    """Somebody else here signs in with it."""

    code = "identity_taken"


class LastIdentity(Refusal):
    """Without it nobody could sign in."""

    code = "last_identity"


def user_for(profile: Profile) -> User:
    """Finds or makes the user. The caller commits.

    An address joins two identities only when both providers vouch for it: otherwise somebody
    could claim another's address at a careless provider and be let into their account.
    """
    # Two first sign-ins at once, with the same identity or the same address, take turns.
    _take_turns(f"{profile.provider}:{profile.subject}")
    known = _known(profile)
    if known:
        known.email, known.email_vouched = profile.email, profile.email_vouched
        return known.user
    user = _vouched_user(profile) or _new_user(profile)
    _attach(profile, user.id)
    return user


def link(profile: Profile, *, user_id: int) -> None:
    """Lets a user sign in with this profile as well. The caller commits. Raises `IdentityTaken`."""
    _take_turns(f"{profile.provider}:{profile.subject}")
    known = _known(profile)
    if known is None:
        _attach(profile, user_id)
    elif known.user_id != user_id:
        provider = label(profile.provider)
        message = _(
            "Somebody else here signs in with this account at %(provider)s, so it was not linked "
            "and nothing changed. If it is you, sign in with it, and unlink it there first.",
            provider=provider,
        )
        raise IdentityTaken(message)


def of_user(user_id: int) -> Sequence[Identity]:
    """What the user signs in with, oldest first."""
    return db.session.scalars(select(Identity).filter_by(user_id=user_id).order_by("id")).all()


def unlink(identity: Identity) -> None:
    """Takes one away, never the last. The caller commits. Raises `LastIdentity`."""
    # Two that go at once take turns, or both would find the other still there.
    db.session.execute(select(User.id).filter_by(id=identity.user_id).with_for_update())
    if len(of_user(identity.user_id)) < 2:  # noqa: PLR2004 - itself and another
        message = _(
            "This is the only way in that you have, so it stays. "
            "Link another account first, then unlink this one."
        )
        raise LastIdentity(message)
    forget(identity)


def forget(identity: Identity) -> None:
    """Deletes it; of whom it was, only what recognises it when it comes back is kept."""
    digest = _digest(identity.provider, identity.subject)
    db.session.execute(insert(FormerIdentity).values(digest=digest).on_conflict_do_nothing())
    db.session.delete(identity)
    db.session.flush()


def _known(profile: Profile) -> Identity | None:
    query = select(Identity).filter_by(provider=profile.provider, subject=profile.subject)
    return db.session.scalar(query)


def _attach(profile: Profile, user_id: int) -> None:
    db.session.add(
        Identity(
            user_id=user_id,
            provider=profile.provider,
            subject=profile.subject,
            email=profile.email,
            email_vouched=profile.email_vouched,
        )
    )
    db.session.flush()


def _vouched_user(profile: Profile) -> User | None:
    if not (profile.email and profile.email_vouched):
        return None
    _take_turns(profile.email)
    query = (
        select(User)
        .join(Identity, Identity.user_id == User.id)
        .where(Identity.email == profile.email, Identity.email_vouched)
        .order_by(User.id)
        .limit(1)
    )
    return db.session.scalar(query)


def _new_user(profile: Profile) -> User:
    user = User(name=profile.name)
    db.session.add(user)
    db.session.flush()
    digest = _digest(profile.provider, profile.subject)
    is_back = db.session.get(FormerIdentity, digest) is not None
    user_created.send(user, is_back=is_back)
    return user


def _digest(provider: str, subject: str) -> bytes:
    """With the installation's key: subjects are few enough to try them all."""
    key = current_settings().secret_key.get_secret_value().encode()
    return hmac.digest(key, f"{provider}:{subject}".encode(), "sha256")


def _take_turns(key: str) -> None:
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
