"""API objects in one transaction."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import errors

Body = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """The API request that changed something; events name it."""

    request_id: str | None
    idempotency_key: str | None


NOBODY = Cause(request_id=None, idempotency_key=None)


@dataclass(frozen=True)
class Condition:
    """A piece of SQL over `body` with the values it binds."""

    sql: str
    values: tuple[Any, ...]


class Store:
    def __init__(self, connection: sqlite3.Connection, cause: Cause) -> None:
        self.connection = connection
        self.cause = cause

    def add(self, body: Body, *, parent: str | None = None, private: Body | None = None) -> Body:
        """A new object; `private` is kept with it and never answered."""
        self.connection.execute(
            "INSERT INTO objects (id, kind, parent, body, private) VALUES (?, ?, ?, ?, ?)",
            (body["id"], body["object"], parent, json.dumps(body), json.dumps(private)),
        )
        return body

    def private(self, object_id: str) -> Any:
        row = self.connection.execute(
            "SELECT private FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        return json.loads(row["private"])

    def remember(self, object_id: str, **facts: Any) -> None:
        """Add to what is kept with an object and never answered."""
        private = {**(self.private(object_id) or {}), **facts}
        self.connection.execute(
            "UPDATE objects SET private = ? WHERE id = ?", (json.dumps(private), object_id)
        )

    def save(self, body: Body) -> Body:
        self.connection.execute(
            "UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"])
        )
        return body

    def find(self, kind: str, object_id: str) -> Body | None:
        row = self.connection.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def load(self, kind: str, object_id: str, *, param: str = "id") -> Body:
        """The object, or Stripe's 'No such …' naming the parameter that asked for it."""
        body = self.find(kind, object_id)
        if body is None:
            raise errors.no_such(kind, object_id, param=param)
        return body

    def load_any(self, object_id: str) -> Body | None:
        row = self.connection.execute(
            "SELECT body FROM objects WHERE id = ?", (object_id,)
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def position(self, kind: str, object_id: str) -> int | None:
        row = self.connection.execute(
            "SELECT seq FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        return row["seq"] if row else None

    def select(
        self,
        kind: str,
        conditions: Iterable[Condition] = (),
        *,
        oldest_first: bool = False,
        limit: int = -1,
    ) -> list[Body]:
        """Objects of one kind, newest first unless told otherwise; no `limit` means all."""
        wanted = [Condition("kind = ?", (kind,)), *conditions]
        where = " AND ".join(condition.sql for condition in wanted)
        values = [value for condition in wanted for value in condition.values]
        order = "ASC" if oldest_first else "DESC"
        # The SQL is put together from literals of this package and names of the SDK's fields.
        rows = self.connection.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY seq {order} LIMIT ?",  # noqa: S608
            (*values, limit),
        )
        return [json.loads(row["body"]) for row in rows]


def under(parent: str) -> Condition:
    return Condition("parent = ?", (parent,))


def where(field: str, operator: str, *values: Any) -> Condition:
    """A comparison of a field of the JSON, `field` written with dots; `IS NULL` takes no value."""
    marks = ", ".join("?" for _ in values)
    right = f"({marks})" if operator == "IN" else marks
    return Condition(f"json_extract(body, '$.{field}') {operator} {right}", values)


def flagged(field: str, *, on: bool) -> Condition:
    return where(field, "=", on)
