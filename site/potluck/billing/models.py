"""Packs, purchases, saved cards and the events that Stripe sends."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from potluck.accounts.models import User
from potluck.database import Base

# A purchase only moves on along this line. Late and repeated news can't take it back, and
# money that came after all still counts: `paid` stands last, and nothing follows it.
PURCHASE_STATES = ("created", "open", "processing", "expired", "failed", "paid")
# A refund that succeeded can still fail, when the buyer's bank sends it back.
REFUND_STATES = ("held", "asked", "pending", "succeeded", "failed")
REFUND_ENDS = frozenset({"failed", "refused"})
# Those that Stripe has not answered.
REFUNDS_WAITING = ("held", "asked")
# Those whose money is gone, or on its way.
REFUNDS_COUNTED = ("pending", "succeeded")
DISPUTE_STATES = ("inquiry", "open", "closed", "won", "lost")
DISPUTE_ENDS = frozenset({"closed", "won", "lost"})
DISPUTES_COUNTED = ("open", "lost")


def is_later(states: Sequence[str], state: str, *, than: str) -> bool:
    """Whether `state` stands behind `than` on its line; late news must not take anything back."""
    return states.index(state) > states.index(than)


class Pack(Base):
    """Credits for sale. A changed pack is a new row, so that a purchase keeps what it sold."""

    __tablename__ = "packs"
    __table_args__ = (
        Index("uq_packs_slug", "slug", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    credits: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Purchase(Base):
    """`created → open → paid | processing → paid | failed | expired`; never a different pack."""

    __tablename__ = "purchases"
    __table_args__ = (
        Index(
            "uq_purchases_unfinished",
            "user_id",
            "pack_id",
            unique=True,
            postgresql_where=text("state IN ('created', 'open') AND source = 'checkout'"),
        ),
        Index(
            "uq_purchases_automatic",
            "user_id",
            unique=True,
            postgresql_where=text(
                "state IN ('created', 'open', 'processing') AND source = 'automatic'"
            ),
        ),
        Index("ix_purchases_user_id", "user_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()")
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    pack_id: Mapped[int] = mapped_column(ForeignKey("packs.id"))
    credits: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="created")
    source: Mapped[str] = mapped_column(Text, server_default="checkout")
    checkout_session_id: Mapped[str | None] = mapped_column(Text, unique=True)
    checkout_url: Mapped[str | None] = mapped_column(Text)
    payment_intent_id: Mapped[str | None] = mapped_column(Text, unique=True)
    receipt_url: Mapped[str | None] = mapped_column(Text)
    # The page that its buyer came from, where they were about to play.
    return_to: Mapped[str | None] = mapped_column(Text)
    # The card that was to be charged, where nobody was there to give one.
    customer_id: Mapped[str | None] = mapped_column(Text)
    payment_method_id: Mapped[str | None] = mapped_column(Text)
    paid_minor: Mapped[int | None] = mapped_column(BigInteger)
    clawed_credits: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # Written by the database.
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    pack: Mapped[Pack] = relationship()
    user: Mapped[User] = relationship()

    @property
    def is_settled(self) -> bool:
        """Nothing more is expected: whatever was paid is credited, or nothing was paid."""
        return self.state in {"expired", "failed", "paid"}

    def may_become(self, state: str) -> bool:
        """Whether `state` is news."""
        return is_later(PURCHASE_STATES, state, than=self.state)


class Refund(Base):
    """Money that goes back: asked for here, or in Stripe's dashboard."""

    __tablename__ = "refunds"
    __table_args__ = (
        Index(
            "ix_refunds_unanswered",
            "changed_at",
            postgresql_where=text("state IN ('held', 'asked')"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()")
    )
    purchase_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("purchases.id"), index=True)
    stripe_refund_id: Mapped[str | None] = mapped_column(Text, unique=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    purchase: Mapped[Purchase] = relationship()

    def may_become(self, state: str) -> bool:
        """Whether `state` is news."""
        return self.state not in REFUND_ENDS and is_later(REFUND_STATES, state, than=self.state)


class Dispute(Base):
    """A bank wants the money of a purchase back; Stripe's id is its own."""

    __tablename__ = "disputes"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    purchase_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("purchases.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    evidence_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    purchase: Mapped[Purchase] = relationship()

    def may_become(self, state: str) -> bool:
        """Whether `state` is news."""
        return self.state not in DISPUTE_ENDS and is_later(DISPUTE_STATES, state, than=self.state)


class SavedCard(Base):
    """A member's customer at Stripe, and the card they saved there, once they have."""

    __tablename__ = "saved_cards"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    reference: Mapped[uuid.UUID] = mapped_column(
        unique=True, server_default=text("gen_random_uuid()")
    )
    customer_id: Mapped[str | None] = mapped_column(Text, unique=True)
    payment_method_id: Mapped[str | None] = mapped_column(Text, unique=True)
    brand: Mapped[str | None] = mapped_column(Text)
    last4: Mapped[str | None] = mapped_column(Text)
    exp_month: Mapped[int | None] = mapped_column(SmallInteger)
    exp_year: Mapped[int | None] = mapped_column(SmallInteger)
    # When its owner gave it to Stripe: a later one takes its place, an earlier one does not.
    saved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    user: Mapped[User] = relationship()


class AutomaticTopUp(Base):
    """What a member allowed: which pack, below how many credits, and how much in a month."""

    __tablename__ = "automatic_top_ups"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("saved_cards.user_id", ondelete="CASCADE"), primary_key=True
    )
    pack_id: Mapped[int] = mapped_column(ForeignKey("packs.id"), index=True)
    threshold_credits: Mapped[int] = mapped_column(BigInteger)
    # In the currency of the pack.
    monthly_cap_minor: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    try_after: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped_because: Mapped[str | None] = mapped_column(Text)
    consented_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    pack: Mapped[Pack] = relationship()


class StripeEvent(Base):
    """An event as it arrived, kept before it is handled."""

    __tablename__ = "stripe_events"
    __table_args__ = (
        Index(
            "ix_stripe_events_unhandled",
            "received_at",
            postgresql_where=text("handled_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    handled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
