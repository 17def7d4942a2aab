"""What can be watched, and by whom."""

from __future__ import annotations

import pytest

from tests.orders import spend
from tests.people import Browser, make_user


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.20"])
def test_the_figures_are_for_those_nearby(client: Browser, address: str) -> None:
    answer = client.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    names = ("connections", "closures", "queue_bytes", "pushes", "revocations", "matches")
    for name in (*names, "streams", "streams_running", "request_seconds", "ledger_seconds"):
        assert f"# TYPE potluck_{name}" in answer.text


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", ""])
def test_nobody_from_elsewhere_learns_that_there_are_any(client: Browser, address: str) -> None:
    answer = client.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 404


def test_a_page_that_was_answered_is_counted(client: Browser) -> None:
    name = 'potluck_request_seconds_count{endpoint="health.healthz",status="200"}'
    before = _figure(client, name)
    client.get("/healthz")
    assert _figure(client, name) == before + 1


def test_what_the_ledger_takes_is_measured(client: Browser) -> None:
    names = [f'potluck_ledger_seconds_count{{step="{step}"}}' for step in ("reserve", "settle")]
    before = [_figure(client, name) for name in names]
    spend(make_user("Ada", credits=50).id, 5)
    assert [_figure(client, name) for name in names] == [number + 1 for number in before]


def _figure(client: Browser, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)
