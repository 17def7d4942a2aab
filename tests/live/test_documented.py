"""docs/protocol.md and the code say the same: nothing is in one and not in the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest

from potluck.live.protocol import EVENTS, PUSHES, ErrorCode, RoomState
from tests.stack import ROOT

DOCUMENT = (ROOT / "docs" / "protocol.md").read_text()
NAMESPACES = sorted(EVENTS)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_event_stands_in_its_table_with_its_fields(namespace: str) -> None:
    told = {
        _code(event): (_fields(payload), _fields(answer), int(cost))
        for event, payload, answer, cost, _ in _rows(f"On `{namespace}`")
    }
    assert told == {
        name: (
            {field: not info.is_required() for field, info in event.payload.model_fields.items()},
            dict.fromkeys(get_type_hints(event.answer), False),
            event.cost,
        )
        for name, event in EVENTS[namespace].items()
    }


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_push_stands_in_its_table_with_its_fields(namespace: str) -> None:
    told = {
        _code(event): _fields(payload) for event, payload, _ in _rows(f"Pushed on `{namespace}`")
    }
    assert told == {
        name: dict.fromkeys(get_type_hints(payload), False)
        for name, payload in PUSHES[namespace].items()
    }


def test_every_error_code_is_explained() -> None:
    assert [_code(code) for code, _ in _rows("Error codes")] == list(ErrorCode)


def test_the_example_of_a_room_has_every_field_there_is() -> None:
    section = DOCUMENT.partition("### The state of a room\n")[2]
    example = json.loads(section.partition("```json\n")[2].partition("```")[0])
    assert example.pop("ok") is True
    _assert_has_shape(example, RoomState)


def _assert_has_shape(value: Any, shape: Any) -> None:
    """A TypedDict to the letter, in what it holds as well."""
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        assert value.keys() == hints.keys()
        for field, hint in hints.items():
            _assert_has_shape(value[field], hint)
    elif isinstance(value, list):
        for item in value:
            _assert_has_shape(item, get_args(shape)[0])
    elif isinstance(value, dict):
        _assert_has_shape(value, get_args(shape)[0])
    else:
        assert isinstance(value, shape)


def _rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table under a heading, row by row."""
    section = re.split(rf"^##+ {re.escape(heading)}$", DOCUMENT, flags=re.MULTILINE)[1]
    table = re.split(r"^##", section, flags=re.MULTILINE)[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def _code(cell: str) -> str:
    found = re.fullmatch("`(.+)`", cell)
    assert found, cell
    return found[1]


def _fields(cell: str) -> dict[str, bool]:
    """The names in `{code, last_seq?}`, and whether they may be left out."""
    if cell == "none":
        return {}
    names = _code(cell).strip("{}").split(", ")
    return {name.rstrip("?"): name.endswith("?") for name in names if name}
