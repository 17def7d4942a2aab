"""One line a record on stderr, with the ids of what it is about: JSON, but on a terminal.

A server writes all that is said in one turn of its loop at once, since to write costs as much as
all the rest of a line: who is killed at that moment may have said a little more than can be read.
"""

from __future__ import annotations

import json
import logging.config
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO

import gevent
from flask import g, has_request_context

# `json.dumps` makes a new one each time where it is given anything.
ENCODER = json.JSONEncoder(default=str)

# Where lines of a server go that are JSON.
_gathering: Stderr | None = None
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
            "handlers": {"stderr": {"()": Stderr, "formatter": form}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {"potluck": {"level": "INFO"}},
        }
    )


def gather() -> None:
    """From here on lines wait for their turn of the loop to end, unless they warn of something."""
    global _gathering  # noqa: PLW0603 - one log a process
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Stderr):
            handler.gather()
            _gathering = handler if isinstance(handler.formatter, JsonLine) else None


def note(logger: logging.Logger, message: str, ids: Mapping[str, object]) -> None:
    """As `logger.info` says it `about` these ids, for what is said thousands of times a second.

    A record, and its way past everybody who may want it, are half of what a small answer costs.
    """
    if _gathering is None:
        with about(**ids):
            logger.info("%s", message)
    else:
        _gathering.add(_json_line(time.time(), "INFO", logger.name, message, ids))


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Gives these ids to whatever is logged meanwhile, by this greenlet."""
    token = _ids.set({**_ids.get({}), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


class Stderr(logging.StreamHandler[TextIO]):
    """Writes lines as they come, or all of a turn."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        self._is_gathering = False

    def createLock(self) -> None:  # noqa: N802 - the library's
        """None: where threads run they write whole lines, and greenlets don't meet here."""
        self.lock = None

    def gather(self) -> None:
        """From here on."""
        self._is_gathering = True

    def emit(self, record: logging.LogRecord) -> None:
        """Called by the library."""
        try:
            self.add(self.format(record))
        except Exception:  # noqa: BLE001 - the library says which
            self.handleError(record)
        if record.levelno >= logging.WARNING:
            self.flush()

    def add(self, line: str) -> None:
        """To those of this turn."""
        self._lines.append(line + self.terminator)
        if not self._is_gathering:
            self.flush()
        elif len(self._lines) == 1:
            gevent.get_hub().loop.run_callback(self.flush)

    def flush(self) -> None:
        """Called by the library at the end of the process, too."""
        lines, self._lines = self._lines, []
        # Where nobody reads any more there is nobody to tell.
        with suppress(OSError):
            self.stream.write("".join(lines))
            self.stream.flush()


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
        ids = _known_ids()
        if record.exc_info:
            ids["trace"] = self.formatException(record.exc_info)
        return _json_line(record.created, record.levelname, record.name, record.getMessage(), ids)


def _json_line(
    created: float, level: str, logger: str, message: str, ids: Mapping[str, object]
) -> str:
    second, milliseconds = divmod(int(created * 1_000), 1_000)
    moment = f"{_second(second)}.{milliseconds:03d}+00:00"
    line = {"time": moment, "level": level, "logger": logger, "message": message, **ids}
    return ENCODER.encode(line)


@lru_cache(maxsize=1)
def _second(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _known_ids() -> dict[str, object]:
    """Of the request and who sends it, or of what a socket or a generation is about."""
    ids = dict(_ids.get({}))
    if has_request_context():
        ids |= {"request": g.get("request_id", "-"), **g.get("log_ids", {})}
    return ids
