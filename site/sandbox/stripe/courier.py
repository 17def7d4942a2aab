"""Delivers events in the background, several at once, so their order is not guaranteed."""

import json
import logging
import threading
import time

import requests
import stripe

from . import outbox
from .database import Database

COURIERS = 4
TIMEOUT_SECONDS_CONNECT = 5
TIMEOUT_SECONDS_ANSWER = 20
IDLE_SECONDS_MAX = 60
FAILURE_PAUSE_SECONDS = 1
SUCCESS_HUNDRED = 2

log = logging.getLogger(__name__)


class Courier(threading.Thread):
    """One of the threads that share the outbox. It dies with the process and loses nothing."""

    def __init__(self, database: Database, *, url: str, secret: str) -> None:
        super().__init__(name="courier", daemon=True)
        self.database = database
        self.url = url
        self.secret = secret
        self.http = requests.Session()
        # A proxy of the environment has no business with a webhook on this machine.
        self.http.trust_env = False

    def run(self) -> None:
        while True:
            try:
                self._work()
            except Exception:
                log.exception("the courier stumbled")
                time.sleep(FAILURE_PAUSE_SECONDS)

    def _work(self) -> None:
        heard = self.database.outbox_bell.rings
        with self.database.reading() as store:
            due_at = outbox.next_due_at(store)
        pause = IDLE_SECONDS_MAX if due_at is None else due_at - time.time()
        if pause > 0:
            self.database.outbox_bell.wait(heard=heard, timeout_seconds=pause)
            return
        with self.database.writing() as store:
            delivery = outbox.claim(store)
        if delivery is not None:
            self._deliver(delivery)

    def _deliver(self, delivery: outbox.Delivery) -> None:
        with self.database.reading() as store:
            event = store.load("event", delivery.event_id)
        accepted = self._post(json.dumps(event, indent=2))
        with self.database.writing() as store:
            if accepted:
                outbox.succeed(store, delivery)
            else:
                outbox.retry_later(store, delivery)

    def _post(self, payload: str) -> bool:
        signature = stripe.WebhookSignature.generate_signature_header(payload, self.secret)
        try:
            response = self.http.post(
                self.url,
                data=payload.encode(),
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "Stripe-Signature": signature,
                    "User-Agent": "Stripe/1.0 (stand-in)",
                },
                timeout=(TIMEOUT_SECONDS_CONNECT, TIMEOUT_SECONDS_ANSWER),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException:
            return False
        # The body says nothing to Stripe, so none of it is read.
        response.close()
        return response.status_code // 100 == SUCCESS_HUNDRED
