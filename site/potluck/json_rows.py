"""Rows that came as JSON in a column, as the ORM would have made them of columns.

They belong to no session: nothing written to them is kept, and of what they are related to they
know only what whoever reads them sets.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Uuid, inspect
from sqlalchemy.orm.attributes import set_committed_value

from potluck.database import Base

Entity = TypeVar("Entity", bound=Base)


def entity(kind: type[Entity], row: Mapping[str, Any], **related: object) -> Entity:
    """Of `to_json(table)`, which has every column; `related` are its relationships."""
    made = kind()
    for attribute in inspect(kind).column_attrs:
        column = attribute.columns[0]
        set_committed_value(made, attribute.key, _value(column.type, row[column.name]))
    for name, other in related.items():
        set_committed_value(made, name, other)
    return made


def moment(written: str | None) -> datetime | None:
    """A time, where there is one."""
    return datetime.fromisoformat(written) if written else None


def _value(type_: object, written: Any) -> Any:
    """What JSON has no word for comes as text."""
    if isinstance(type_, DateTime):
        return moment(written)
    if isinstance(type_, Uuid):
        return uuid.UUID(written) if written else None
    return written
