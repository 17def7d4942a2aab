"""Prepaid credits: the ledger, what things cost, and the member's view of both."""

from __future__ import annotations

from flask import Flask

from potluck.accounts.identities import user_created
from potluck.accounts.models import User
from potluck.credits import ledger, views
from potluck.settings import current_settings


def init_app(app: Flask) -> None:
    """Adds the credit pages, the badge for every page, and the welcome."""
    app.register_blueprint(views.blueprint)
    app.context_processor(lambda: {"balance": views.session_balance})
    app.jinja_env.filters["number"] = "{:,}".format
    user_created.connect(_welcome)


def _welcome(user: User) -> None:
    """The installation's gift, in the transaction that makes the member."""
    amount = current_settings().welcome_credits
    if amount:
        ledger.grant(
            user_id=user.id,
            amount_credits=amount,
            key=f"welcome:{user.id}",
            reason="A welcome from the house",
        )
