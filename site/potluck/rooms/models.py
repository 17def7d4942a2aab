"""Rooms, their rounds, and what the model is asked to write."""

from __future__ import annotations

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
    UniqueConstraint,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from potluck.accounts.models import User
from potluck.credits.models import ModelPrice
from potluck.database import Base
from potluck.rooms import recipes
from potluck.rooms.recipes import Recipe


class Room(Base):
    """A few people, a code to join by, and one round after the other.

    `host_id` is the member who decides for the others; nobody where no seat is taken.
    """

    __tablename__ = "rooms"
    __table_args__ = (
        Index("ix_rooms_open", "active_at", postgresql_where=sql("closed_at IS NULL")),
        Index(
            "ix_rooms_doors",
            "doors_opened_at",
            postgresql_where=sql("doors_opened_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    host_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seats: Mapped[int] = mapped_column(SmallInteger, server_default="8")
    event_seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    active_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # Since when anybody may come in; None while its doors are closed.
    doors_opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    members: Mapped[list[Member]] = relationship(
        order_by="Member.seat",
        primaryjoin="and_(Room.id == Member.room_id, Member.left_at.is_(None))",
        viewonly=True,
    )

    @property
    def free_seats(self) -> int:
        """How many could still join, by the members as they were read."""
        return max(self.seats - len(self.members), 0)


class Member(Base):
    """A person's seat in a room; once they left it, it is free for somebody else."""

    __tablename__ = "room_members"
    __table_args__ = (
        Index(
            "uq_room_members_seat",
            "room_id",
            "seat",
            unique=True,
            postgresql_where=sql("left_at IS NULL"),
        ),
        Index(
            "uq_room_members_present",
            "user_id",
            unique=True,
            postgresql_where=sql("left_at IS NULL"),
        ),
    )

    room_id: Mapped[int] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seat: Mapped[int] = mapped_column(SmallInteger)
    joined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Draft(Base):
    """What a member has typed and not sent, for whichever round takes it."""

    __tablename__ = "drafts"

    room_id: Mapped[int] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class Round(Base):
    """`collecting → generating → done | failed | stopped`.

    `recipe_terms` is the recipe as it was when the round was opened. `context_rounds` says how
    many rounds before this one the model is told again, and `context_tokens` what that is at most.
    `treated_by` is who pays for everybody, unless it is the room's pot or each their part. At
    `closes_at` it goes on with the lines that are in. A round that was put away before it began
    is stopped, and has no generation.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        UniqueConstraint("room_id", "number"),
        Index(
            "uq_rounds_live",
            "room_id",
            unique=True,
            postgresql_where=sql("phase IN ('collecting', 'generating')"),
        ),
        Index("ix_rounds_public", "ended_at", postgresql_where=sql("is_public")),
        Index(
            "ix_rounds_closes_at",
            "closes_at",
            postgresql_where=sql("phase = 'collecting' AND closes_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    number: Mapped[int]
    recipe: Mapped[str] = mapped_column(Text)
    recipe_terms: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    starts_fresh: Mapped[bool] = mapped_column(server_default=sql("false"))
    context_rounds: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    context_tokens: Mapped[int] = mapped_column(server_default="0")
    # None is the default of the day.
    model: Mapped[str | None] = mapped_column(Text)
    # Whether everybody who adds a line is told that strangers may read it.
    is_public: Mapped[bool] = mapped_column(server_default=sql("false"))
    phase: Mapped[str] = mapped_column(Text, server_default="collecting")
    treated_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    from_pot: Mapped[bool] = mapped_column(server_default=sql("false"))
    closes_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    room: Mapped[Room] = relationship()
    treater: Mapped[User | None] = relationship()
    contributions: Mapped[list[Contribution]] = relationship(
        order_by="Contribution.created_at", back_populates="round"
    )
    generation: Mapped[Generation | None] = relationship(back_populates="round")

    @property
    def kept_recipe(self) -> Recipe:
        """What is made, by the words and limits that the round was opened with."""
        return recipes.kept(self.recipe, self.recipe_terms)


class Contribution(Base):
    """One member's line in a round.

    `short_since` says that its part couldn't be paid, `paid_by` who treats its author.
    """

    __tablename__ = "contributions"

    round_id: Mapped[int] = mapped_column(
        ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    short_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    round: Mapped[Round] = relationship(back_populates="contributions")
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined", innerjoin=True)
    treated_by: Mapped[User | None] = relationship(foreign_keys=[paid_by])

    @property
    def payer_id(self) -> int:
        """Whose credits its part is taken from."""
        return self.paid_by or self.user_id


class Generation(Base):
    """One call of the model: the outbox before it, the text during it, the bill after it."""

    __tablename__ = "generations"
    __table_args__ = (
        Index(
            "ix_generations_open",
            "id",
            postgresql_where=sql("state IN ('reserved', 'dispatched')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), unique=True)
    kind: Mapped[str] = mapped_column(Text, server_default="text")
    price_id: Mapped[int] = mapped_column(ForeignKey("model_prices.id"))
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    output_tokens_max: Mapped[int]
    state: Mapped[str] = mapped_column(Text, server_default="reserved")
    # While it is written it grows by its tail: to write a long text anew for each word of it would
    # be most of what the database does. All is in `body` once it is over.
    body: Mapped[str] = mapped_column("text", Text, server_default="")
    tail: Mapped[str] = mapped_column(Text, server_default="")
    seq: Mapped[int] = mapped_column(server_default="0")
    lease_epoch: Mapped[int] = mapped_column(server_default="0")
    lease_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stop_requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    provider_request_id: Mapped[str | None] = mapped_column(Text)
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    usage_estimated: Mapped[bool] = mapped_column(server_default=sql("false"))
    cost_credits: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None] = mapped_column(Text)
    error_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    round: Mapped[Round] = relationship(back_populates="generation")
    price: Mapped[ModelPrice] = relationship(lazy="joined", innerjoin=True)
    pictures: Mapped[list[Picture]] = relationship(
        order_by="Picture.id.desc()", back_populates="generation"
    )

    @hybrid_property
    def text(self) -> str:
        """What it says so far."""
        return self.body + self.tail

    @property
    def is_something(self) -> bool:
        """Whether it is over, and there is something to show for it."""
        return self.state in {"done", "stopped"} and bool(self.text.strip() or self.picture)

    @property
    def picture(self) -> Picture | None:
        """The newest, which is the last or, while it is drawn, the best so far."""
        return self.pictures[0] if self.kind == "picture" and self.pictures else None


class Picture(Base):
    """A file under `pictures/`, by a name that nobody can guess."""

    __tablename__ = "pictures"
    __table_args__ = (
        Index(None, "generation_id", "id"),
        Index(
            "ix_pictures_superseded",
            "superseded_at",
            postgresql_where=sql("superseded_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id"))
    name: Mapped[str] = mapped_column(Text, unique=True)
    media_type: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # When the next stage of it came.
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    generation: Mapped[Generation] = relationship(back_populates="pictures")
