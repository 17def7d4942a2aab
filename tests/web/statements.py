"""What a request asks of the database, whichever way it goes there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from potluck.database import db
from potluck.quick_reads import QuickReads


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that is made in the block, in order."""
    asked: list[str] = []
    read = QuickReads.all

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def noted(reads: QuickReads, statement: str, parameters: Any) -> Any:
        asked.append(statement)
        return read(reads, statement, parameters)

    event.listen(db.engine, "before_cursor_execute", note)
    QuickReads.all = noted  # type: ignore[method-assign, assignment]
    try:
        yield asked
    finally:
        QuickReads.all = read  # type: ignore[method-assign]
        event.remove(db.engine, "before_cursor_execute", note)
