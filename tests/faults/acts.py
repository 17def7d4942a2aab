"""What a child of the zygote does: one act, against the real database and the stand-ins."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import openai
import stripe
from flask import Flask
from pydantic import SecretStr
from sqlalchemy.orm import configure_mappers

from potluck.credits import pricing
from potluck.database import db
from tests.conftest import MODEL
from tests.faults import aftermath
from tests.faults.boundaries import Boundaries, watch
from tests.faults.buying import Buy, BuyAgain, HearFromStripe, ReturnFromStripe
from tests.faults.paths import Path, Scene
from tests.faults.refunding import HearOfRefund, Refund
from tests.faults.spending import Settle, Spend, Sweep
from tests.faults.topping_up import TopUp
from tests.people import Browser

PATHS: dict[str, Path] = {
    "buy": Buy(),
    "buy again": BuyAgain(),
    "return": ReturnFromStripe(),
    "webhook": HearFromStripe(),
    "refund": Refund(),
    "hear of refund": HearOfRefund(),
    "top up": TopUp(),
    "spend": Spend(),
    "settle": Settle(),
    "sweep": Sweep(),
}


def warm_up(app: Flask) -> None:
    """What a server has done by its hundredth request, so that no child does it again."""
    app.test_client_class = Browser
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    configure_mappers()
    for name in STRIPE_OBJECTS:
        # Imported by the SDK when the first of them comes.
        operator.attrgetter(name)(stripe)
    operator.attrgetter("resources.chat.Completions")(openai)


def do(app: Flask, *, database_url: str, act: str, **facts: Any) -> Any:
    """Does `act` on that database."""
    settings = app.extensions["settings"].model_copy(
        update={"database_url": SecretStr(database_url)}
    )
    app.extensions["settings"] = settings
    db.connect(settings)
    with app.app_context():
        return ACTS[act](app, **facts)


STRIPE_OBJECTS = (
    *("checkout.SessionService", "checkout.Session", "LineItem", "EventService", "Event"),
    *("PaymentIntentService", "PaymentIntent", "Charge", "PaymentMethod"),
    *("RefundService", "Refund", "DisputeService", "Dispute", "BalanceTransaction"),
)


def migrate(app: Flask) -> None:
    """Makes an empty database an installation with one priced model."""
    result = app.test_cli_runner().invoke(args=["migrate"])
    assert result.exit_code == 0, result.output
    pricing.set_price(MODEL, input_credits_per_million=1_000, output_credits_per_million=40_000)
    db.session.commit()


def run(_app: Flask, *, path: str, scene: Scene, kill_at: str | None) -> list[str]:
    """Walks the path until it is killed; the boundaries it passed if it never was."""
    boundaries = Boundaries(kill_at=kill_at)
    watch(boundaries, db.engine)
    with db.engine.connect():
        # A server that serves has a connection open.
        pass
    with boundaries.armed():
        PATHS[path].run(scene)
    assert PATHS[path].has_arrived(scene)
    return boundaries.passed


def restart(
    _app: Flask, *, path: str, scene: Scene | None, goes_on: bool
) -> tuple[list[str], list[str], Scene | None]:
    """What a new process makes of what was left, and the next scene where it `goes_on`.

    First what is wrong with the books of everybody, then with what became of the scene. Without
    one nothing was left. One process for both, because a fork is dear.
    """
    books, complaints = _recover(PATHS[path], scene) if scene else ([], [])
    return books, complaints, PATHS[path].prepare() if goes_on else None


def _recover(path: Path, scene: Scene) -> tuple[list[str], list[str]]:
    aftermath.bury_connections()
    books = aftermath.faults()
    path.recover(scene)
    return books + aftermath.faults() + aftermath.open_holds(), path.complaints(scene)


ACTS: dict[str, Callable[..., Any]] = {"migrate": migrate, "run": run, "restart": restart}
