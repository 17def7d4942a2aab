"""A member's card: kept by Stripe, known here by its last digits, and let go for the asking.

As everywhere in billing, each step ends its transaction before Stripe is asked.
"""

from __future__ import annotations

import logging

from sqlalchemy import select, text

from potluck.accounts.models import User
from potluck.billing.fulfilment import Mismatch
from potluck.billing.gateway import StripeUnavailable, current_gateway, wallet
from potluck.billing.gateway.wallet import Setup
from potluck.billing.models import SavedCard
from potluck.database import db
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)

INSERT = text("""
    INSERT INTO saved_cards (user_id) VALUES (:user_id) ON CONFLICT (user_id) DO NOTHING
""")
NAME_CUSTOMER = text("""
    UPDATE saved_cards SET customer_id = coalesce(customer_id, :customer_id)
    WHERE user_id = :user_id AND reference = :reference RETURNING customer_id
""")
SWITCH_OFF = text("DELETE FROM automatic_top_ups WHERE user_id = :user_id")
# A card that was saved at this very moment is another than the one that was let go.
FORGET = text("""
    DELETE FROM saved_cards WHERE user_id = :user_id
        AND payment_method_id IS NOT DISTINCT FROM :payment_method_id
""")


def begin(*, user_id: int, currency: str, page: str) -> str:
    """The address of Stripe's page on which this member saves a card. Commits."""
    row = db.transact(lambda: _row(user_id))
    customer_id = row.customer_id
    member, reference = row.user.reference, row.reference
    db.session.commit()
    if customer_id is None:
        made_id = wallet.create_customer(reference=reference, member=member)
        values = {"user_id": user_id, "reference": reference, "customer_id": made_id}
        customer_id = db.session.scalar(NAME_CUSTOMER, values) or made_id
        db.session.commit()
    return wallet.open_setup(
        customer_id=customer_id, member=member, currency=currency, page=page, consent=_consent()
    )


def claim(session_id: str, *, user_id: int) -> bool | None:
    """Whether the card is saved in which a member's visit to Stripe should have ended.

    None where that was somebody else's visit, or nobody's. Commits.
    """
    member = db.session.scalar(select(User.reference).filter_by(id=user_id))
    db.session.commit()
    setup = wallet.setup_of_session(session_id)
    if setup is None or setup.member != member:
        return None
    remember(setup)
    return setup.card is not None


def remember(setup: Setup) -> None:
    """Writes down what was saved, however often it is told; lets go what has no place. Commits."""
    payment_method_id = db.transact(lambda: _record(setup))
    if payment_method_id is None:
        return
    try:
        wallet.detach(payment_method_id)
    except StripeUnavailable:
        # Nobody remembers its id, so it can't be charged; it goes with the customer's others.
        logger.warning("card %s stays attached at Stripe", payment_method_id)


def remove(user_id: int) -> None:
    """Switches automatic top-up off, has Stripe let the card go, and forgets it. Commits."""
    db.session.execute(SWITCH_OFF, {"user_id": user_id})
    row = db.session.scalar(select(SavedCard).filter_by(user_id=user_id))
    known = (row.customer_id, row.payment_method_id) if row else (None, None)
    db.session.commit()
    customer_id, payment_method_id = known
    if customer_id:
        try:
            wallet.detach_all(customer_id)
        except StripeUnavailable:
            message = _(
                "Stripe doesn't answer, so it still keeps your card. Automatic top-up is off, "
                "and nothing will be charged. Try again in a minute."
            )
            raise StripeUnavailable(message) from None
    db.session.execute(FORGET, {"user_id": user_id, "payment_method_id": payment_method_id})
    db.session.commit()


def _consent() -> str:
    """Shown beside the button on Stripe's page; what exactly is bought is agreed to later."""
    return _(
        "Saving this card costs nothing. It is charged while you are away only for automatic "
        "top-ups that you switch on yourself, by the limits you set there, until you switch them "
        "off or remove the card."
    )


def _row(user_id: int) -> SavedCard:
    db.session.execute(INSERT, {"user_id": user_id})
    return db.session.scalars(select(SavedCard).filter_by(user_id=user_id)).one()


def _record(setup: Setup) -> str | None:
    """The id of a card that must go: the one that was replaced, or one that came too late."""
    card = setup.card
    if card is None or setup.member is None:
        return None
    if setup.is_live != current_gateway().is_live:
        raise Mismatch(f"the card of {setup.customer_id} is of the other mode")
    user_id = db.session.scalar(select(User.id).filter_by(reference=setup.member))
    if user_id is None:
        # Another shop of the same Stripe account.
        return None
    query = select(SavedCard).filter_by(user_id=user_id).with_for_update()
    row = db.session.scalar(query.execution_options(populate_existing=True))
    is_removed = row is None or row.customer_id != setup.customer_id
    if row is None or is_removed or (row.saved_at and setup.created_at < row.saved_at):
        is_kept = row is not None and row.payment_method_id == card.payment_method_id
        return None if is_kept else card.payment_method_id
    replaced_id = row.payment_method_id
    row.payment_method_id = card.payment_method_id
    row.brand, row.last4 = card.brand, card.last4
    row.exp_month, row.exp_year = card.exp_month, card.exp_year
    row.saved_at = setup.created_at
    return None if replaced_id == card.payment_method_id else replaced_id
