"""What the operator has stopped for a while: new rounds, or new payments.

What runs comes to its end as ever; only what would begin is refused, with the sentence that the
operator wrote for members. Read from the database each time, so that it holds on every process
as soon as it is committed.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal, get_args

from flask import g, has_request_context
from sqlalchemy import DateTime, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from potluck.accounts import sessions
from potluck.database import Base, db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

What = Literal["rounds", "checkouts"]
SENTENCE_CHARACTERS_MAX = 300
SENTENCE = "SELECT sentence FROM pauses WHERE what = %(what)s"
SENTENCES = "SELECT json_object_agg(what, sentence) FROM pauses"


class Paused(Refusal):
    """The operator has stopped this for now; the sentence is theirs."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "paused"


class BadPause(Refusal):
    """A pause without a word for those whom it stops."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_pause"


class Pause(Base):
    """Something that is stopped, for as long as its row is there."""

    __tablename__ = "pauses"

    what: Mapped[str] = mapped_column(Text, primary_key=True)
    sentence: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def check(what: What) -> None:
    """Raises `Paused` while this is stopped."""
    row = db.first(SENTENCE, {"what": what})
    if row:
        raise Paused(row[0])


def are_paused(what: What) -> bool:
    """Whether this is stopped."""
    return db.session.scalar(select(Pause.what).filter_by(what=what)) is not None


def pause_of(what: What) -> str | None:
    """For templates: what members are told while this is stopped. Read once a request."""
    if not has_request_context():
        return _sentences().get(what)
    if "pauses" not in g:
        g.pauses = _sentences()
    sentence: str | None = g.pauses.get(what)
    return sentence


def stop(what: What, sentence: str) -> bool:
    """Stops it, or changes what members read; False where nothing changes. The caller commits."""
    written = " ".join(sentence.replace("\0", "").split())
    if not 0 < len(written) <= SENTENCE_CHARACTERS_MAX:
        message = _(
            "Write one sentence for members, of at most %(most)s letters.",
            most=SENTENCE_CHARACTERS_MAX,
        )
        raise BadPause(message)
    statement = insert(Pause).values(what=what, sentence=written)
    changed = statement.on_conflict_do_update(
        index_elements=["what"],
        set_={"sentence": written},
        where=Pause.sentence != written,
    )
    return db.session.scalar(changed.returning(Pause.what)) is not None


def resume(what: What) -> bool:
    """Lets it go on; False where it was not stopped. The caller commits."""
    statement = delete(Pause).filter_by(what=what).returning(Pause.what)
    return db.session.scalar(statement) is not None


def what_of(written: str) -> What | None:
    """The name of something that can be stopped, read from an address."""
    return next((what for what in get_args(What) if what == written), None)


def _sentences() -> dict[str, str]:
    brought = sessions.brought()
    if brought is not None:
        return brought["pauses"] or {}
    return {
        row.what: row.sentence for row in db.session.execute(select(Pause.what, Pause.sentence))
    }
