"""Whatever a client sends: it is answered or shown out, and nobody else notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.live.raw import RawSocket, raw_socket
from tests.visitors import Visitor

VisitorFactory = Callable[[], Visitor]
ANSWER_CHARACTERS_MAX = 400
DEEP = "[" * 12 + "]" * 12
TOO_DEEP = "[" * 400 + "]" * 400
LONG = "x" * 15_000


@pytest.fixture
def raw(visitor: VisitorFactory) -> Iterator[RawSocket]:
    with raw_socket(visitor().sign_in("ada")) as raw:
        assert raw.join().startswith("40")
        yield raw


@pytest.mark.fault("S6")
@pytest.mark.parametrize(
    "payload",
    [
        *("7", "1.5", "true", '"x"', "[]", "[{}]", "NaN", "-Infinity", DEEP, f'"{LONG}"'),
        *('{"code": 7}', '{"code": ""}', '{"code": null}', '{"code": ["a"]}', '{"last_seq": 1}'),
        *('{"code": "abcdefghabcdefghi"}', '{"code": "\\ud800"}', f'{{"code": "{LONG}"}}'),
        *('{"code": "a", "last_seq": -1}', '{"code": "a", "last_seq": "1"}'),
        *('{"code": "a", "last_seq": true}', '{"code": "a", "last_seq": 1.0}'),
        *('{"code": "a", "last_seq": 9007199254740992}', '{"code": "a", "last_seq": null}'),
        *('{"code": "a", "generation": 0}', '{"code": "a", "generation": "1"}'),
        *('{"code": "a", "user_id": 1}', f'{{"code": "a", "{LONG}": 1}}', f'{{"code": {DEEP}}}'),
        *('{"code": "a"}, {}', '{"code": "a"}, null', "1, 2, 3"),
    ],
    ids=lambda payload: payload[:40],
)
def test_a_payload_of_another_shape_is_refused_in_a_few_words(raw: RawSocket, payload: str) -> None:
    answer = raw.answer(raw.ask_without_waiting(f'["enter_room", {payload}]'))
    assert (answer["ok"], answer["error"]["code"]) == (False, "bad_payload")
    assert len(json.dumps(answer)) < ANSWER_CHARACTERS_MAX
    assert raw.ask("get_pool_count")["ok"]


@pytest.mark.fault("S6")
@pytest.mark.parametrize(
    "event",
    [
        *(
            "no_such_event",
            "",
            "connect",
            "disconnect",
            "on_connect",
            "answer",
            "admit",
            "__init__",
        ),
        *("get_connection_count", LONG),
    ],
    ids=lambda event: event[:40],
)
def test_an_event_that_there_is_not_is_refused(raw: RawSocket, event: str) -> None:
    answer = raw.ask(event)
    assert (answer["ok"], answer["error"]["code"]) == (False, "unknown_event")
    assert len(json.dumps(answer)) < ANSWER_CHARACTERS_MAX
    assert raw.ask("get_pool_count")["ok"]


@pytest.mark.fault("S6")
@pytest.mark.parametrize(
    "message",
    [
        *(
            '42/members,1["get_pool_count"',
            "42/members,1",
            '42/members,1{"a": 1}',
            "42/members,1[]",
        ),
        *('42/members,1"get_pool_count"', f'42/members,1["enter_room", {TOO_DEEP}]'),
        *(f'42/members,1["enter_room", {"9" * 5_000}]', f'42/members,{"1" * 200}["x"]'),
        *("40/members,{", f"4{TOO_DEEP}", '4{"a": 1}', "4", "4x", "49", "46/members,1[]"),
        *("43/members,1[]", '44/members,{"message": "x"}', "4²", b"x" * 10_000),
        # The name of an event is a word, and there are no attachments.
        *(f'42/members,1[{name}, "get_pool_count"]' for name in ("7", "null", "[]", "{}")),
        '451-/members,1["get_pool_count",{"_placeholder":true,"num":0}]',
    ],
    ids=lambda message: str(message[:30]),
)
def test_what_is_no_message_closes_that_connection_and_no_other(
    raw: RawSocket, visitor: VisitorFactory, message: str | bytes
) -> None:
    other = visitor().connect("/")
    raw.send(message)
    raw.receive_to_the_end()
    assert other.ask("get_connection_count", namespace="/")["ok"]


def test_an_event_is_done_without_an_acknowledgement_too(visitor: VisitorFactory) -> None:
    watcher = visitor().sign_in("ben").connect("/members")
    before = watcher.ask("get_pool_count")["waiting"]
    with raw_socket(visitor().sign_in("ada").funded()) as raw:
        raw.join()
        raw.send('42/members,["no_such_event"]')
        raw.send('42/members,["join_pool"]')
        while watcher.hear("pool_count") != {"waiting": before + 1}:
            pass
        raw.send('42/members,["leave_pool"]')
        while watcher.hear("pool_count") != {"waiting": before}:
            pass


def test_answers_come_in_the_order_of_the_questions(raw: RawSocket) -> None:
    events = ['["get_pool_count"]', '["leave_pool"]', '["no_such_event"]', '["enter_room", 7]'] * 3
    numbers = [raw.ask_without_waiting(event) for event in events]
    answers = [raw.answer(number) for number in numbers]
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes == [None, None, "unknown_event", "bad_payload"] * 3
