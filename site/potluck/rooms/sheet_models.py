"""What a round made, who is in it, and what others make of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from potluck.accounts.models import User
from potluck.database import Base
from potluck.rooms.models import Round

Moment = DateTime(timezone=True)


class Sheet(Base):
    """The page of a round that has ended: private until everybody in it agreed."""

    __tablename__ = "sheets"
    __table_args__ = (
        Index(
            "ix_sheets_public",
            "published_at",
            "id",
            postgresql_where=sql("published_at IS NOT NULL AND hidden_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    proposed_at: Mapped[datetime | None] = mapped_column(Moment)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    hidden_at: Mapped[datetime | None] = mapped_column(Moment)
    round: Mapped[Round] = relationship(innerjoin=True)
    people: Mapped[list[SheetPerson]] = relationship(
        order_by="SheetPerson.hue, SheetPerson.user_id"
    )

    @property
    def is_public(self) -> bool:
        """Whether anybody may see it."""
        return self.published_at is not None and self.hidden_at is None


class SheetPerson(Base):
    """Somebody whose line is in it: the hue they keep there, their word, and their name."""

    __tablename__ = "sheet_people"

    sheet_id: Mapped[int] = mapped_column(
        ForeignKey("sheets.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    hue: Mapped[int] = mapped_column(SmallInteger)
    vote: Mapped[str | None] = mapped_column(Text)
    voted_at: Mapped[datetime | None] = mapped_column(Moment)
    nameless_since: Mapped[datetime | None] = mapped_column(Moment)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_named(self) -> bool:
        """Whether their name stands on it: not of those who took it off, or left for good."""
        return self.nameless_since is None and self.user.deleted_at is None


class Reaction(Base):
    """A mark that somebody left on a sheet, one of each kind."""

    __tablename__ = "sheet_reactions"

    sheet_id: Mapped[int] = mapped_column(
        ForeignKey("sheets.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Report(Base):
    """Somebody says that a public sheet shouldn't be; open until the operator decides."""

    __tablename__ = "sheet_reports"

    sheet_id: Mapped[int] = mapped_column(
        ForeignKey("sheets.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    reason: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class SheetDecision(Base):
    """What an operator decided about a sheet. Nothing of it is ever changed."""

    __tablename__ = "sheet_decisions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheets.id", ondelete="CASCADE"), index=True)
    decided_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    operator: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Remix(Base):
    """A round that was begun from somebody's sheet."""

    __tablename__ = "remixes"

    round_id: Mapped[int] = mapped_column(
        ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True
    )
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheets.id", ondelete="CASCADE"), index=True)
    begun_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sheet: Mapped[Sheet] = relationship(innerjoin=True)
