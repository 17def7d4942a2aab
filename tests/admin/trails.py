"""What was written down of operators' acts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from potluck.database import db
from tests.people import Browser

ACTS = text("SELECT * FROM operator_acts ORDER BY id")


def acts() -> list[Any]:
    """Every act, oldest first, as another connection sees them: what isn't committed is none."""
    with db.engine.connect() as connection:
        return list(connection.execute(ACTS))


def told() -> list[tuple[str, str, str]]:
    """What, on what, and why."""
    return [(act.what, act.subject, act.reason) for act in acts()]


def page(operator: Browser, path: str) -> str:
    """A page of the operator's, as text."""
    answer = operator.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)
