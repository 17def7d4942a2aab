"""Prepaid credits: the ledger, what things cost, and the member's view of both."""

from __future__ import annotations

from flask import Flask

from potluck.accounts import sessions
from potluck.accounts.departures import user_leaving
from potluck.accounts.identities import user_created
from potluck.accounts.models import User
from potluck.credits import export, ledger, pricing, views
from potluck.settings import current_settings
from potluck.texts import marked


def init_app(app: Flask) -> None:
    """Adds the credit pages, the badge for every page, and the welcome."""
    app.register_blueprint(views.blueprint)
    sessions.bring(prices=pricing.NEWEST)
    app.context_processor(lambda: {"balance": views.session_balance})
    user_created.connect(_welcome)
    user_leaving.connect(_forfeit)
    export.init_app()


def _welcome(user: User, *, is_back: bool) -> None:
    """The installation's gift, in the transaction that makes the member; once for each person."""
    amount = current_settings().welcome_credits
    if amount and not is_back:
        ledger.grant(
            user_id=user.id,
            amount_credits=amount,
            key=f"welcome:{user.id}",
            reason=marked("A welcome from the house"),
        )


def _forfeit(user: User) -> None:
    """What somebody has left stays with the house when they leave."""
    ledger.forfeit(user.id)
