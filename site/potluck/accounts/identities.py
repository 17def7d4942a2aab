"""Which user a profile belongs to."""

from __future__ import annotations

from blinker import Signal
from sqlalchemy import func, select

from potluck.accounts.models import Identity, User
from potluck.accounts.providers import Profile
from potluck.database import db

# Sent with the new `User` inside the transaction that makes them.
user_created = Signal()


def user_for(profile: Profile) -> User:
    """Finds or makes the user. The caller commits.

    An address joins two identities only when both providers vouch for it: otherwise somebody
    could claim another's address at a careless provider and be let into their account.
    """
    # Two first sign-ins at once, with the same identity or the same address, take turns.
    _take_turns(f"{profile.provider}:{profile.subject}")
    known = db.session.scalar(
        select(Identity).filter_by(provider=profile.provider, subject=profile.subject)
    )
    if known:
        known.email, known.email_vouched = profile.email, profile.email_vouched
        return known.user
    user = _vouched_user(profile) or _new_user(profile)
    db.session.add(
        Identity(
            user=user,
            provider=profile.provider,
            subject=profile.subject,
            email=profile.email,
            email_vouched=profile.email_vouched,
        )
    )
    db.session.flush()
    return user


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
    user_created.send(user)
    return user


def _take_turns(key: str) -> None:
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
