"""Packs, purchases and the events that Stripe sends."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from potluck.database import Base

# A purchase only moves on along this line. Late and repeated news can't take it back, and
# money that came after all still counts: `paid` stands last, and nothing follows it.
PURCHASE_STATES = ("created", "open", "processing", "expired", "failed", "paid")


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
            postgresql_where=text("state IN ('created', 'open')"),
        ),
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
    checkout_session_id: Mapped[str | None] = mapped_column(Text, unique=True)
    checkout_url: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    pack: Mapped[Pack] = relationship()

    @property
    def is_settled(self) -> bool:
        """Nothing more is expected: whatever was paid is credited, or nothing was paid."""
        return self.state in {"expired", "failed", "paid"}

    def may_become(self, state: str) -> bool:
        """Whether `state` is news."""
        return PURCHASE_STATES.index(state) > PURCHASE_STATES.index(self.state)


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
