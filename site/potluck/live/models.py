"""Who waits in the pool."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, func
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
