"""What comes with time alone: sessions expire, old idempotency keys are forgotten."""

import logging
import threading
import time

from . import idempotency, sessions
from .database import Database

BEAT_SECONDS = 1

log = logging.getLogger(__name__)


class Sweep(threading.Thread):
    def __init__(self, database: Database) -> None:
        super().__init__(name="sweep", daemon=True)
        self.database = database

    def run(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            try:
                self._sweep()
            except Exception:
                log.exception("the sweep stumbled")

    def _sweep(self) -> None:
        with self.database.reading() as store:
            nothing_to_do = not sessions.overdue(store) and not idempotency.any_old(store)
        if nothing_to_do:
            return
        with self.database.writing() as store:
            for session in sessions.overdue(store):
                sessions.expire(store, session)
            idempotency.forget_old(store)
