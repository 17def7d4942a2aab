"""Whatever server writes, what it can do is found out first, and then used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from potluck.database import db
from potluck.rooms import capabilities, probing, rounds
from potluck.rooms.capabilities import CONTEXT_TOKENS, Capabilities, context_window
from potluck.rooms.recipes import recipe
from potluck.settings import current_settings
from sandbox.models import weights
from tests.conftest import RunBy, SignInAs
from tests.people import Browser
from tests.rooms.conftest import Table
from tests.sandbox.processes import stand_in


def probe(table: Table, model: str) -> Capabilities:
    """What is known of a model once it was asked."""
    table.use_model(model)
    probing.probe_model(model)
    return capabilities.of(model)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("scripted", {"limit_field": "max_tokens", "counts_usage": True, "streams": True}),
        ("scripted-new", {"limit_field": "max_completion_tokens", "heeds_limit": True}),
        ("scripted-old", {"limit_field": "max_tokens", "takes_stream_options": False}),
        ("scripted-old", {"counts_usage": False, "heeds_limit": True}),
        ("scripted-deaf", {"limit_field": "max_completion_tokens", "heeds_limit": True}),
        ("scripted-boundless", {"limit_field": "max_tokens", "heeds_limit": False}),
        ("scripted-whole", {"streams": False, "counts_usage": True}),
        ("scripted-thinking", {"streams": True, "counts_usage": True}),
        ("scripted-vllm", {"context_tokens": 2_048}),
        ("scripted-llama", {"context_tokens": 4_096}),
        ("scripted-ollama", {"context_tokens": 4_097}),
        ("unheard-of", {"is_listed": False, "context_tokens": None}),
    ],
)
def test_a_model_shows_what_it_can_do(table: Table, model: str, expected: dict[str, Any]) -> None:
    found = probe(table, model).model_dump()
    assert found | expected == found
    assert found["is_listed"] is (model != "unheard-of")
    assert found["first_token_ms"] >= 0


def test_a_real_server_says_what_it_can_do(table: Table) -> None:
    if weights.path() is None:
        # There is none for this machine, and a script takes its place.
        assert weights.model() == weights.SCRIPTED_MODEL
        return
    # The database ends a transaction that waits as long as weights take to load on a busy machine.
    db.session.commit()
    with stand_in("sandbox.models", ready_path="/health") as url:
        before = table.app.extensions["settings"]
        table.app.extensions["settings"] = before.model_copy(
            update={"openai_base_url": f"{url}/v1"}
        )
        found = probe(table, weights.MODEL)
    assert found.is_listed
    assert found.streams
    assert found.counts_usage
    assert found.heeds_limit
    assert (found.context_tokens, found.context_source) == (4_096, "meta.n_ctx in /v1/models")


@pytest.mark.fault("G3")
def test_a_model_that_refuses_the_usual_limit_writes_once_it_was_asked(table: Table) -> None:
    table.use_model("scripted-new")
    assert _written(table) == ("failed", "provider_refused_request")
    probing.probe_model("scripted-new")
    _next_round(table)
    assert _written(table) == ("done", None)


@pytest.mark.fault("G4")
def test_an_old_server_that_refuses_to_count_is_charged_by_estimate(table: Table) -> None:
    probe(table, "scripted-old")
    assert _written(table) == ("done", None)
    generation = table.round.generation
    assert generation
    assert generation.usage_estimated
    assert generation.cost_credits


def test_how_much_fits_is_what_the_server_says_or_a_careful_guess(table: Table) -> None:
    assert context_window("scripted-vllm") == CONTEXT_TOKENS
    probe(table, "scripted-vllm")
    assert context_window("scripted-vllm") == 2_048


def test_a_server_that_is_away_is_noted_and_what_it_showed_before_still_counts(
    table: Table,
) -> None:
    probe(table, "scripted-vllm")
    url = current_settings().openai_base_url
    _ask_again("scripted-502")
    assert capabilities.of("scripted-vllm").context_tokens == 2_048
    table.use_model("scripted-502")
    probing.probe_model("scripted-502")
    row = capabilities.probe_of("scripted-502")
    assert row
    assert row.server == url
    assert row.error
    assert row.error.startswith("provider_failed: ")
    assert row.capabilities is None


def test_of_several_processes_that_start_at_once_one_asks(table: Table) -> None:
    assert capabilities.claim("scripted")
    assert not capabilities.claim("scripted")
    capabilities.ask_again()
    db.session.commit()
    assert capabilities.claim("scripted")


def test_the_operator_sees_what_was_found_and_has_them_asked_again(
    table: Table, browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy
) -> None:
    probe(table, "scripted-old")
    before = table.app.extensions["settings"]
    named = {"openai_model": "scripted-old, unheard-of"}
    table.app.extensions["settings"] = before.model_copy(update=named)
    olga = browser()
    run_by(sign_in_as(olga, "Olga"))
    page = " ".join(olga.get("/admin/models").get_data(as_text=True).split())
    assert "Rounds are written by this one" in page
    assert "no: rounds are charged by estimate" in page
    assert "<code>max_tokens</code></dd>" in page
    assert "Fits 4,096 tokens, we assume" in page
    assert "It has no price, so it can" in page
    assert "Nobody has asked it yet." in page
    assert "No model draws." in page
    assert "No model checks what is written." in page
    assert olga.submit("/admin/models/probes", page="/admin/models").status_code == 303
    assert capabilities.claim("scripted-old")


@pytest.mark.fault("G3")
def test_the_operator_reads_why_rounds_failed(
    table: Table, browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy
) -> None:
    table.use_model("scripted-502")
    for _ in range(2):
        assert _written(table) == ("failed", "provider_failed")
        _next_round(table)
    olga = browser()
    run_by(sign_in_as(olga, "Olga"))
    page = " ".join(olga.get("/admin/models").get_data(as_text=True).split())
    assert "<code>scripted-502</code>: <code>provider_failed</code>, 2 times" in page
    assert "InternalServerError: Error code: 502" in page


def _ask_again(model: str) -> None:
    capabilities.ask_again()
    db.session.commit()
    probing.probe_model(model)


def _next_round(table: Table) -> None:
    rounds.open_round(table.room, recipe("story"))
    db.session.commit()


def _written(table: Table) -> tuple[str, str | None]:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    round_ = table.write()
    assert round_.generation
    return round_.phase, round_.generation.error_code
