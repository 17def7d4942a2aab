"""How long a room waits for a provider, and what it pays when it waits no longer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.beside import process_beside
from tests.stack import Stack, running_stack
from tests.visitors import Visitor

SET_PRICE = """
    INSERT INTO model_prices (model, input_credits_per_million, output_credits_per_million)
    VALUES (%s, 1000, 40000)
"""
NEWEST = "SELECT state, error_code, text FROM generations ORDER BY id DESC LIMIT 1"
DRAWN = """
    SELECT state, EXISTS (SELECT FROM pictures WHERE generation_id = generations.id)
    FROM generations ORDER BY id DESC LIMIT 1
"""
PROBED = "SELECT answered_at IS NOT NULL, found IS NOT NULL FROM model_probes WHERE model = %s"
ENDED = {"done", "failed", "stopped"}
SECONDS_MAX = 20
# What the operator reads, and what the room is told.
FELL_SILENT = {
    "scripted-silent": ("provider_silent", "took too long to answer"),
    "scripted-kept-open": ("provider_silent", "took too long to answer"),
    "scripted-stalling": ("provider_stalled", "fell silent in the middle"),
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Serves pages alone, so that only the process beside it has texts written."""
    with (
        tempfile.TemporaryDirectory(prefix="potluck-") as folder,
        running_stack(Path(folder) / "var", POTLUCK_ROLE="web") as stack,
    ):
        yield stack


@pytest.mark.fault("G3")
@pytest.mark.parametrize("model", FELL_SILENT)
def test_a_model_that_falls_silent_costs_nothing_and_the_room_is_told(
    stack: Stack, visitor: Callable[[], Visitor], sql: Callable[..., list[Any]], model: str
) -> None:
    code, words = FELL_SILENT[model]
    sql(SET_PRICE, model)
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    waits = {"OPENAI_FIRST_TOKEN_SECONDS": "2", "OPENAI_STALL_SECONDS": "1"}
    signed_in = visitor().sign_in("ada").funded()
    with process_beside(stack, OPENAI_MODEL=model, POTLUCK_ROLE="live", **waits) as process:
        ada = process.visit(signed_in)
        path = ada.submit("/rooms", page="/pool").url.removeprefix(ada.url)
        ada.submit(f"{path}/contribution", page=path, line="A frog who sings.")
        state, reason, text = _when(lambda: sql(NEWEST)[0], lambda row: row[0] in ENDED)
        page = ada.get(path).text
    assert (state, reason) == ("failed", code)
    assert bool(text) is (model == "scripted-stalling")
    assert signed_in.balance()["held"] == 0
    assert words in page


@pytest.mark.parametrize("model", ["painter-slow", "painter-slower"])
def test_a_picture_that_is_stopped_costs_nothing_before_anything_of_it_was_seen(
    stack: Stack, visitor: Callable[[], Visitor], sql: Callable[..., list[Any]], model: str
) -> None:
    has_picture = model == "painter-slower"
    sql(SET_PRICE, model)
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    sql("UPDATE rounds SET phase = 'done' WHERE phase = 'collecting'")
    signed_in = visitor().sign_in("ben").funded()
    before = signed_in.balance()["available"]
    with process_beside(stack, OPENAI_IMAGE_MODEL=model, POTLUCK_ROLE="live") as process:
        ben = process.visit(signed_in)
        path = ben.submit("/rooms", page="/pool").url.removeprefix(ben.url)
        sql("UPDATE rounds SET recipe = 'picture', recipe_terms = NULL WHERE phase = 'collecting'")
        ben.submit(f"{path}/contribution", page=path, line="A heron in rubber boots.")
        _when(lambda: sql(DRAWN)[0], lambda row: row == ("dispatched", has_picture))
        ben.submit(f"{path}/generation/stop", page=path)
        _when(lambda: sql(NEWEST)[0], lambda row: row[0] == "stopped")
        page = ben.get(path).text
    spent = before - signed_in.balance()["available"]
    assert bool(spent) is has_picture
    assert ("Nobody was charged" in page) is not has_picture
    assert ('class="picture"' in page) is has_picture


def test_a_process_asks_its_models_as_it_starts(
    stack: Stack, sql: Callable[..., list[Any]]
) -> None:
    with process_beside(stack, POTLUCK_ROLE="live", OPENAI_MODEL="scripted,scripted-vllm"):
        found = _when(lambda: sql(PROBED, "scripted-vllm"), lambda rows: rows == [(True, True)])
    assert found


def _when(look: Callable[[], Any], is_there: Callable[[Any], bool]) -> Any:
    """What is seen once it is there."""
    deadline = time.monotonic() + SECONDS_MAX
    while not is_there(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen
