"""People, the identities they sign in with, and their sessions."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask_login import UserMixin
from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy import (
    Identity as Generated,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from potluck.database import Base


class User(UserMixin, Base):
    """A person. What they own in credits is a ledger account, made by the database."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, Generated(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    banned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # What others remember this person by: ids come again in a database restored from a backup.
    reference: Mapped[uuid.UUID] = mapped_column(
        unique=True, server_default=text("gen_random_uuid()")
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    @property
    def initials(self) -> str:
        """One or two letters that stand for the person beside their lines."""
        words = [word for word in self.name.split() if word[0].isalnum()] or [self.name]
        return "".join(word[0] for word in (words[0], *words[-1:][: len(words) > 1])).upper()


class Identity(Base):
    """Somebody at a provider: `subject` never changes there, an e-mail address may."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("provider", "subject"),
        Index("ix_identities_email", "email", postgresql_where=text("email_vouched")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Generated(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    email_vouched: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    user: Mapped[User] = relationship()


class FormerIdentity(Base):
    """That somebody was here, so that nobody is welcomed twice; who it was can't be read."""

    __tablename__ = "former_identities"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    parted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SessionRow(Base):
    """A sign-in, or an anonymous visit that something must be remembered of."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(BigInteger, Generated(always=True), primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    last_seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None] = mapped_column(Text)
