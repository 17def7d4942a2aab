"""Whatever happens in whatever order, the ledger comes to what a reference of a page says.

A run has a seed of its own and prints it, and so does a failure: `bin/test
tests/credits/test_model.py --hypothesis-seed=N` does the same again. `bin/test --long` goes on
for a million steps.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from potluck.billing.gateway import Gateway
from potluck.credits import pricing
from potluck.credits.audit import audit
from potluck.database import db
from tests.conftest import MODEL, _empty
from tests.credits.interleavings import Interleavings
from tests.credits.model import Model
from tests.figures import note

STEPS = int(os.environ.get("POTLUCK_STEPS", "10000"))
SETTINGS = settings(
    max_examples=25,
    stateful_step_count=100,
    deadline=None,
    # A seed says everything: nothing is kept, and nothing explained that took long to find.
    database=None,
    phases=[Phase.generate, Phase.shrink],
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def _stripe_is_set_up(app: Flask) -> Iterator[None]:
    """Nothing is asked of it: what Stripe says is made up here."""
    before = app.extensions["stripe"]
    app.extensions["stripe"] = Gateway("sk_test_sandbox", api_url="http://127.0.0.1:9")
    yield
    app.extensions["stripe"] = before


@pytest.mark.usefixtures("database", "_stripe_is_set_up")
def test_every_interleaving_comes_to_what_the_reference_says(
    owner: Engine, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    given = request.config.getoption("--hypothesis-seed", default=None)
    first = int(given) if given else secrets.randbelow(10**9)

    def empty() -> None:
        _empty(owner)
        pricing.set_price(MODEL, input_credits_per_million=0, output_credits_per_million=1)
        db.session.commit()

    Model.start(empty)
    number = first
    while Model.steps < STEPS and not (given and Model.steps):
        empty()
        with capsys.disabled():
            run(number)
        number += 1
    with capsys.disabled():
        print(f"\nsteps checked: {Model.steps:,}, seeds from {first}")  # noqa: T201
    note("steps checked", value=Model.steps, seed=first)
    note("drift", value=audit().figures["drift"])


def run(number: int) -> None:
    try:
        run_state_machine_as_test(seed(number)(Interleavings), settings=SETTINGS)
    except BaseException as error:
        error.add_note(f"Again with --hypothesis-seed={number}; found by step {Model.steps:,}.")
        raise
