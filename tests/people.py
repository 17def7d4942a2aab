"""People for tests, made as a first sign-in makes them."""

from __future__ import annotations

import secrets

from potluck.accounts.identities import user_for
from potluck.accounts.models import User
from potluck.accounts.providers import Profile
from potluck.credits import ledger
from potluck.database import db


def make_user(name: str, *, credits: int = 0) -> User:
    """Somebody who has signed in before, with so many credits granted."""
    profile = Profile(
        provider="sandbox",
        subject=name,
        name=name,
        email=f"{name.lower()}@example.com",
        email_vouched=True,
    )
    user = user_for(profile)
    db.session.flush()
    if credits:
        key = secrets.token_hex(8)
        ledger.grant(user_id=user.id, amount_credits=credits, key=key, reason="A test's gift")
    db.session.commit()
    return user
