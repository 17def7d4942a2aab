"""Whose key goes where."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from potluck.rooms import provider
from potluck.rooms.provider import NO_KEY, OPENAI_URL, Server, picture_server, text_server
from potluck.settings import Settings

HOME = "http://127.0.0.1:11434/v1"


def settings(**named: str) -> Settings:
    secret = SecretStr("x" * 32)
    return Settings.model_validate({"secret_key": secret, "openai_model": "m", **named})


def test_texts_are_written_at_openai_unless_another_server_is_named() -> None:
    assert text_server(settings(openai_api_key="hush")) == Server(OPENAI_URL, "hush")
    assert text_server(settings(openai_api_key="hush")).is_openai
    assert text_server(settings(openai_base_url=f"{HOME}/")) == Server(HOME, NO_KEY)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"openai_api_key": "texts"}, Server(OPENAI_URL, "texts")),
        ({"openai_base_url": HOME, "openai_api_key": "texts"}, Server(HOME, "texts")),
        (
            {"openai_base_url": HOME, "openai_image_api_key": "pictures"},
            Server(OPENAI_URL, "pictures"),
        ),
        ({"openai_api_key": "texts", "openai_image_base_url": HOME}, Server(HOME, NO_KEY)),
        (
            {"openai_image_base_url": HOME, "openai_image_api_key": "pictures"},
            Server(HOME, "pictures"),
        ),
    ],
)
def test_a_key_goes_to_the_server_that_it_is_for_and_to_no_other(
    named: dict[str, str], expected: Server
) -> None:
    assert picture_server(settings(openai_image_model="painter", **named)) == expected


def test_a_key_is_in_no_log() -> None:
    assert "hush" not in repr(Server(OPENAI_URL, "hush"))
    failure = provider.failure(ValueError("no\0thing"))
    assert failure.detail == "ValueError: nothing"
