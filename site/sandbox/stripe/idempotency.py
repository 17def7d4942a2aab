"""The same key asks once.

An answer commits together with what the request changed, so a crash can neither lose an answer
that was carried out nor keep one that was not. https://docs.stripe.com/api/idempotent_requests
"""

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import StripeError
from .store import Body, Store

KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Asked:
    """A request as far as its key cares."""

    key: str
    path: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    status: int
    body: Body
    replayed: bool = False


def asked(key: str, path: str, pairs: list[tuple[str, str]]) -> Asked:
    digest = hashlib.sha256(json.dumps(sorted(pairs)).encode()).hexdigest()
    return Asked(key, path, digest)


class KeysInFlight:
    """In memory, because a request in flight dies with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    @contextlib.contextmanager
    def holding(self, key: str) -> Iterator[None]:
        with self._lock:
            if key in self._keys:
                message = (
                    "There is currently another in-progress request using this Idempotent Key. "
                    f"Please try again later. ({key})"
                )
                raise StripeError(
                    message, status=409, kind="idempotency_error", code="idempotency_key_in_use"
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def recall(store: Store, request: Asked) -> Answer | None:
    """The stored answer, or a refusal when the key was used for something else."""
    row = store.connection.execute(
        "SELECT * FROM idempotent_answers WHERE key = ? AND created_at > ?",
        (request.key, _oldest_kept()),
    ).fetchone()
    if row is None:
        return None
    if row["path"] != request.path:
        message = (
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{request.path}' vs '{row['path']}'). Try using a key other than "
            f"'{request.key}' if you meant to execute a different request."
        )
        raise StripeError(message, kind="idempotency_error")
    if row["fingerprint"] != request.fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{request.key}' if you meant to execute "
            "a different request."
        )
        raise StripeError(message, kind="idempotency_error")
    return Answer(row["status"], json.loads(row["body"]), replayed=True)


def remember(store: Store, request: Asked, answer: Answer) -> None:
    store.connection.execute(
        "INSERT OR REPLACE INTO idempotent_answers "
        "(key, path, fingerprint, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            request.key,
            request.path,
            request.fingerprint,
            answer.status,
            json.dumps(answer.body),
            time.time(),
        ),
    )


def any_old(store: Store) -> bool:
    query = "SELECT 1 FROM idempotent_answers WHERE created_at <= ? LIMIT 1"
    return store.connection.execute(query, (_oldest_kept(),)).fetchone() is not None


def forget_old(store: Store) -> None:
    query = "DELETE FROM idempotent_answers WHERE created_at <= ?"
    store.connection.execute(query, (_oldest_kept(),))


def _oldest_kept() -> float:
    return time.time() - KEPT_SECONDS
