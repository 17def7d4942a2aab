"""One line a record on stderr, with the ids of what it is about: JSON, but on a terminal."""

from __future__ import annotations

import json
import logging.config
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from flask import g, has_request_context

# `json.dumps` makes a new one each time where it is given anything.
ENCODER = json.JSONEncoder(default=str)

_ids: ContextVar[dict[str, object]] = ContextVar("ids")


def configure() -> None:
    """Sets the root logger up; libraries speak only when something is wrong."""
    # https://docs.python.org/3/howto/logging.html#optimization: no line says any of it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    form = "sentence" if sys.stderr.isatty() else "json"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLine}, "sentence": {"()": Sentence}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {"potluck": {"level": "INFO"}},
        }
    )


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Gives these ids to whatever is logged meanwhile, by this greenlet."""
    token = _ids.set({**_ids.get({}), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


class Sentence(logging.Formatter):
    """For people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(ids)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Called by the library."""
        record.ids = " ".join(f"{name} {value}" for name, value in _known_ids().items()) or "-"
        return super().format(record)


class JsonLine(logging.Formatter):
    """For programs: an object a line, with a trace in it where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Called by the library."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_known_ids(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return ENCODER.encode(line)


def _known_ids() -> dict[str, object]:
    """Of the request and who sends it, or of what a socket or a generation is about."""
    ids = dict(_ids.get({}))
    if has_request_context():
        ids |= {"request": g.get("request_id", "-"), **g.get("log_ids", {})}
    return ids
