"""What operators did, written down in the transaction in which they did it, and never changed."""

from __future__ import annotations

from datetime import datetime

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import BigInteger, DateTime, ForeignKey, Text, func, text
from sqlalchemy import Identity as Generated
from sqlalchemy.orm import Mapped, mapped_column, relationship

from potluck.accounts import export
from potluck.accounts.models import User
from potluck.accounts.operators import operator_email
from potluck.database import Base, db

COMMAND_LINE = "command line"
REASON_CHARACTERS_MAX = 500
# What they did themselves, and what was done about them, without the name of whoever did it.
PARTS = {
    "operator_acts": text("""
        SELECT what, subject, details, reason, email, created_at FROM operator_acts
        WHERE user_id = :user_id ORDER BY id
    """),
    "operator_acts_about_them": text("""
        SELECT what, subject, details, reason, created_at FROM operator_acts
        WHERE member_id = :user_id ORDER BY id
    """),
}


class OperatorAct(Base):
    """Who did what, on what, and why. Without a user it was done from the command line."""

    __tablename__ = "operator_acts"

    id: Mapped[int] = mapped_column(BigInteger, Generated(always=True), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    email: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    member: Mapped[User | None] = relationship(foreign_keys=[member_id])


def note(
    what: str, subject: str, *, member_id: int | None = None, details: str = "", reason: str = ""
) -> None:
    """Writes down what whoever asks is doing. The caller commits it with what was done."""
    user_id = int(current_user.id) if _is_asked_by_somebody() else None
    db.session.add(
        OperatorAct(
            user_id=user_id,
            email=operator_email(user_id) or COMMAND_LINE if user_id else COMMAND_LINE,
            what=what,
            member_id=member_id,
            subject=subject,
            details=details,
            reason=cleaned(reason),
            request_id=g.get("request_id") if user_id else None,
        )
    )
    db.session.flush()


def cleaned(reason: str) -> str:
    """What somebody typed, as it can be kept: a NUL is nothing that a database takes."""
    return " ".join(reason.replace("\0", "").split())[:REASON_CHARACTERS_MAX]


def init_app() -> None:
    """Gives everybody theirs with the rest of what is kept of them."""
    export.add(PARTS)


def _is_asked_by_somebody() -> bool:
    return has_request_context() and bool(current_user.is_authenticated)
