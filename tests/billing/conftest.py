"""A shop that is set up with the stand-in for Stripe, and two members."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from potluck.billing import packs
from potluck.billing.gateway import Gateway
from potluck.credits.audit import audit
from potluck.database import db
from tests.billing.bank import Bank
from tests.billing.buyer import Buyer
from tests.billing.people import Member, Webhook
from tests.billing.saved_cards import pack_id
from tests.billing.stripe_line import SECRET_KEY, WEBHOOK_SECRET, Line, StandIn
from tests.conftest import SignInAs
from tests.people import Browser


@pytest.fixture(scope="session")
def _line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory, _line: Line) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path_factory.mktemp("stripe"), f"{_line.url}/letter-box")
    _line.stand_in_url = stand_in.url
    yield stand_in
    stand_in.stop()


@pytest.fixture
def line(_line: Line) -> Iterator[Line]:
    """The line to Stripe; a test may cut it."""
    _line.asked.clear()
    yield _line
    _line.mend()


@pytest.fixture(autouse=True)
def _credits_add_up(database: None) -> Iterator[None]:
    yield
    report = audit()
    assert report.is_clean, report.faults


@pytest.fixture
def bank(stand_in: StandIn) -> Iterator[Bank]:
    """At a Stripe that has heard of nobody yet."""
    bank = Bank(stand_in)
    bank.forget()
    yield bank
    bank.end_faults()


@pytest.fixture
def webhook(app: Flask) -> Webhook:
    return Webhook(app)


@pytest.fixture(scope="session")
def gateway(_line: Line, stand_in: StandIn) -> Gateway:
    return Gateway(SECRET_KEY, api_url=_line.url)


@pytest.fixture(autouse=True)
def _stripe_is_set_up(app: Flask, line: Line, gateway: Gateway) -> Iterator[None]:
    before = app.extensions["stripe"], app.extensions["settings"]
    configured = {
        "stripe_secret_key": SecretStr(SECRET_KEY),
        "stripe_webhook_secret": SecretStr(WEBHOOK_SECRET),
        "stripe_api_url": line.url,
    }
    app.extensions["stripe"] = gateway
    app.extensions["settings"] = before[1].model_copy(update=configured)
    yield
    app.extensions["stripe"], app.extensions["settings"] = before


@pytest.fixture
def dana(browser: Callable[[], Browser], sign_in_as: SignInAs) -> Member:
    own = browser()
    return Member(own, sign_in_as(own, "Dana").id)


@pytest.fixture
def sam(browser: Callable[[], Browser], sign_in_as: SignInAs) -> Member:
    own = browser()
    return Member(own, sign_in_as(own, "Sam").id)


@pytest.fixture
def buyer(dana: Member, stand_in: StandIn, line: Line, webhook: Webhook) -> Buyer:
    buyer = Buyer(dana, stand_in, line, webhook)
    assert webhook.deliver(buyer.completed).status_code == 200
    return buyer


@pytest.fixture
def nibble(database: None) -> Iterator[Callable[[int], str]]:
    """Puts a small pack on sale at a price, or changes its price; its id."""

    def offer(amount_minor: int) -> str:
        packs.offer(
            slug="nibble", name="Nibble", credits_=1000, amount_minor=amount_minor, currency="usd"
        )
        db.session.commit()
        return pack_id("nibble")

    yield offer
    packs.withdraw("nibble")
    db.session.commit()
