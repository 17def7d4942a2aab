"""Who waits in the pool; which processes carry sockets, and who is connected to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from potluck.database import Base


class PoolEntry(Base):
    """A person's place in the pool; it lapses unless a socket or a page keeps it alive."""

    __tablename__ = "pool_entries"

    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    joined_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp(), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LiveProcess(Base):
    """A process with sockets, for as long as it renews this; its rows below go with it."""

    __tablename__ = "live_processes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LivePerson(Base):
    """Somebody who is connected to a process, and by how many sockets."""

    __tablename__ = "live_people"

    process_id: Mapped[int] = mapped_column(
        ForeignKey("live_processes.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[str] = mapped_column(Text, primary_key=True)
    connections: Mapped[int]


class LiveOnlooker(Base):
    """Somebody who looks at a room through a process."""

    __tablename__ = "live_onlookers"

    process_id: Mapped[int] = mapped_column(
        ForeignKey("live_processes.id", ondelete="CASCADE"), primary_key=True
    )
    room_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
