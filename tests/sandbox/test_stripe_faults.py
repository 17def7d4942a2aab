"""The API misbehaves as ordered, and a shop that repeats its request with the same key is safe."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.conftest import Shop
from tests.sandbox.faults import Faults

if TYPE_CHECKING:
    from tests.sandbox.conftest import StandIn

CREATE = "POST /v1/checkout/sessions"
LONG_SECONDS = 300
IMPATIENT_SECONDS = 0.3
STOP_SECONDS_MAX = 5


def create(shop: Shop, key: str, client: stripe.StripeClient | None = None) -> Any:
    sessions = (client or shop.client).v1.checkout.sessions
    params = shop.params(client_reference_id=key)
    return sessions.create(params=params, options={"idempotency_key": key})


def made(shop: Shop, key: str) -> int:
    """How many sessions there are for what `key` asked for."""
    newest = shop.client.v1.checkout.sessions.list(params={"limit": 100}).data
    return len([session for session in newest if session.client_reference_id == key])


def replayed(thing: Any) -> bool:
    headers = (
        thing.headers if isinstance(thing, stripe.StripeError) else thing.last_response.headers
    )
    return "Idempotent-Replayed" in (headers or {})


def code(error: stripe.StripeError) -> Any:
    """As it was sent, since the SDK passes it on for some kinds of error only."""
    body: Any = error.json_body
    return body["error"]["code"]


def impatient(stand_in: StandIn) -> stripe.StripeClient:
    return stand_in.client(http_client=stripe.RequestsClient(timeout=IMPATIENT_SECONDS))


def test_a_500_before_does_nothing_and_the_repetition_succeeds(shop: Shop, faults: Faults) -> None:
    faults.order("500_before", CREATE, count=1)
    with pytest.raises(stripe.APIError) as failure:
        create(shop, "before-1")
    assert (failure.value.http_status, made(shop, "before-1")) == (500, 0)
    assert not replayed(create(shop, "before-1"))
    assert made(shop, "before-1") == 1


def test_a_500_after_has_done_its_work_and_is_replayed(shop: Shop, faults: Faults) -> None:
    faults.order("500_after", CREATE, count=1)
    with pytest.raises(stripe.APIError) as first:
        create(shop, "after-1")
    with pytest.raises(stripe.APIError) as again:
        create(shop, "after-1")
    assert (first.value.http_status, again.value.http_status) == (500, 500)
    assert (replayed(first.value), replayed(again.value)) == (False, True)
    assert made(shop, "after-1") == 1


def test_the_sdk_repeats_by_itself_until_the_fault_has_passed(
    shop: Shop, stand_in: StandIn, faults: Faults
) -> None:
    faults.order("500_before", CREATE, count=2)
    client = stand_in.client(max_network_retries=2)
    assert create(shop, "retries-1", client).status == "open"
    assert made(shop, "retries-1") == 1


def test_a_timeout_before_hangs_up_and_does_nothing(shop: Shop, faults: Faults) -> None:
    faults.order("timeout_before", CREATE, count=1, seconds=IMPATIENT_SECONDS)
    began = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        create(shop, "timeout-1")
    assert time.monotonic() - began >= IMPATIENT_SECONDS
    assert made(shop, "timeout-1") == 0
    assert not replayed(create(shop, "timeout-1"))


@pytest.mark.parametrize("kind", ["timeout_before", "slow"])
def test_a_repetition_while_the_first_still_hangs_is_a_conflict(
    shop: Shop, stand_in: StandIn, faults: Faults, kind: str
) -> None:
    faults.order(kind, CREATE, count=1, seconds=LONG_SECONDS)
    with pytest.raises(stripe.APIConnectionError, match="timed out"):
        create(shop, f"conflict-{kind}", impatient(stand_in))
    with pytest.raises(stripe.StripeError, match="in-progress request") as conflict:
        create(shop, f"conflict-{kind}")
    assert (conflict.value.http_status, code(conflict.value)) == (409, "idempotency_key_in_use")
    assert made(shop, f"conflict-{kind}") == 0


def test_a_timeout_after_has_done_its_work_and_the_repetition_hears_of_it(
    shop: Shop, stand_in: StandIn, faults: Faults
) -> None:
    faults.order("timeout_after", CREATE, count=1, seconds=LONG_SECONDS)
    with pytest.raises(stripe.APIConnectionError, match="timed out"):
        create(shop, "timeout-2", impatient(stand_in))
    assert made(shop, "timeout-2") == 1
    assert replayed(create(shop, "timeout-2"))
    assert made(shop, "timeout-2") == 1


def test_a_timeout_after_hangs_up_without_a_word(shop: Shop, faults: Faults) -> None:
    faults.order("timeout_after", "GET *", count=1, seconds=0)
    with pytest.raises(stripe.APIConnectionError) as silence:
        shop.client.v1.events.list()
    assert (silence.value.http_status, silence.value.http_body) == (None, None)
    assert shop.client.v1.events.list().data is not None


def test_a_429_does_nothing_and_is_not_remembered(shop: Shop, faults: Faults) -> None:
    faults.order("429", CREATE, count=1)
    with pytest.raises(stripe.RateLimitError) as refusal:
        create(shop, "limit-1")
    assert (refusal.value.http_status, code(refusal.value)) == (429, "rate_limit")
    assert made(shop, "limit-1") == 0
    assert create(shop, "limit-1").status == "open"


def test_a_slow_answer_is_late_and_otherwise_as_ever(shop: Shop, faults: Faults) -> None:
    faults.order("slow", "GET /v1/events", seconds=IMPATIENT_SECONDS)
    for _ in range(2):
        began = time.monotonic()
        shop.client.v1.events.list()
        assert time.monotonic() - began >= IMPATIENT_SECONDS


def test_a_fault_happens_to_matching_requests_alone(shop: Shop, faults: Faults) -> None:
    session = shop.open_session()
    faults.order("500_before", "POST /v1/checkout/sessions/*/expire")
    assert shop.session(session).status == "open"
    assert shop.open_session().status == "open"
    with pytest.raises(stripe.APIError):
        shop.client.v1.checkout.sessions.expire(session.id)


def test_a_refused_request_leaves_the_fault_for_the_next(shop: Shop, faults: Faults) -> None:
    faults.order("500_before", CREATE, count=1)
    with pytest.raises(stripe.InvalidRequestError):
        shop.open_session(mode="gift")
    with pytest.raises(stripe.APIError):
        shop.open_session()


def test_a_count_holds_however_many_ask_at_once(stand_in: StandIn, faults: Faults) -> None:
    faults.order("429", "GET /v1/events", count=5)

    def refused(_: int) -> bool:
        try:
            stand_in.client().v1.events.list()
        except stripe.RateLimitError:
            return True
        return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(refused, range(20))) == 5
    assert faults.ordered() == []


def test_a_hanging_request_does_not_keep_the_process_alive(own_stand_in: StandIn) -> None:
    Faults(own_stand_in).order("timeout_before", "*", seconds=LONG_SECONDS)
    with pytest.raises(stripe.APIConnectionError):
        impatient(own_stand_in).v1.events.list()
    began = time.monotonic()
    assert own_stand_in.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS_MAX


def test_a_fault_outlives_a_restart(own_stand_in: StandIn) -> None:
    fault = Faults(own_stand_in).order("500_before", CREATE, count=2)
    shop = Shop(own_stand_in)
    with pytest.raises(stripe.APIError):
        shop.open_session()
    own_stand_in.stop()
    own_stand_in.start()
    assert Faults(own_stand_in).ordered() == [fault | {"count": 1}]
    with pytest.raises(stripe.APIError):
        shop.open_session()
    assert shop.open_session().status == "open"
