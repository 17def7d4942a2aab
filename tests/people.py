"""People for tests, made as a first sign-in makes them."""

from __future__ import annotations

import contextvars
import re
import secrets
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.accounts.identities import user_for
from potluck.accounts.models import User
from potluck.accounts.providers import Profile
from potluck.credits import ledger
from potluck.database import db

WAIT = text("""
    INSERT INTO pool_entries (user_id, joined_at, expires_at)
    VALUES (:user_id, now() - interval '30 seconds', now() + interval '1 minute')
""")


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


def wait_in_pool(user_id: int) -> None:
    """They have waited since before the last wave, in the caller's transaction."""
    db.session.execute(WAIT, {"user_id": user_id})


class Browser(FlaskClient):
    """A browser without scripts.

    Each request starts from nothing: the application context that a test runs in would carry
    who is signed in to the next browser.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)

    def submit(self, path: str, *, page: str = "/", **fields: str) -> TestResponse:
        """Sends a form as the page it stands on would, with that page's token."""
        html = self.get(page).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', html)
        assert found, f"{page} has no form"
        return self.post(path, data={"csrf_token": found[1], **fields})
