"""The ledger's tables. Only `ledger.py` and `holds.py` write to them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from potluck.database import Base


class Account(Base):
    """A member's row carries the balance; a house account's balance is the sum of its entries."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("uq_accounts_house", "kind", unique=True, postgresql_where=text("kind <> 'member'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    posted: Mapped[int] = mapped_column(BigInteger, server_default="0")
    held: Mapped[int] = mapped_column(BigInteger, server_default="0")
    owed: Mapped[int] = mapped_column(BigInteger, server_default="0")
    freezes: Mapped[int] = mapped_column(server_default="0")
    seq: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Transfer(Base):
    """Something that happened once, between one member and the house: its key says what."""

    __tablename__ = "transfers"
    __table_args__ = (Index(None, "account_id", "created_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class Entry(Base):
    """One account's part of a transfer, in whole credits; the parts sum to zero."""

    __tablename__ = "entries"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class ModelPrice(Base):
    """A version of a model's price, in credits per million tokens; never changed."""

    __tablename__ = "model_prices"
    __table_args__ = (Index("ix_model_prices_model", "model", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model: Mapped[str] = mapped_column(Text)
    input_credits_per_million: Mapped[int] = mapped_column(BigInteger)
    output_credits_per_million: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Hold(Base):
    """Credits set aside for a generation, a refund, or a room's pot, until that has ended."""

    __tablename__ = "holds"
    __table_args__ = (
        UniqueConstraint("generation_id", "account_id"),
        Index(None, "account_id", "created_at"),
        Index(None, "account_id", "ended_at"),
        Index(
            "uq_holds_pot",
            "room_id",
            "account_id",
            unique=True,
            postgresql_where=text("room_id IS NOT NULL AND state = 'reserved'"),
        ),
        Index(
            "ix_holds_open",
            "expires_at",
            postgresql_where=text("state IN ('reserved', 'dispatched')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    generation_id: Mapped[int | None] = mapped_column(ForeignKey("generations.id"))
    refund_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("refunds.id"), unique=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, server_default="reserved")
    captured: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
