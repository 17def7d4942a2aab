"""The stand-ins for pictures and moderation, through OpenAI's SDK as it is."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types import ImageGenCompletedEvent, ImageGenPartialImageEvent

from tests.sandbox.processes import stand_in

PROMPT = "A heron in rubber boots."


@pytest.fixture(scope="module")
def painter() -> Iterator[openai.OpenAI]:
    with (
        stand_in("sandbox.models.painter", ready_path="/health") as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="sandbox", max_retries=0) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def moderator(model_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{model_url}/v1", api_key="sandbox", max_retries=0) as client:
        yield client


def draw(client: openai.OpenAI, prompt: str = PROMPT, *, stages: int = 2) -> list[Any]:
    """Every event of one picture."""
    return list(
        client.images.generate(
            model="painter-quick", prompt=prompt, stream=True, partial_images=stages
        )
    )


def test_a_picture_comes_in_stages_and_is_counted_at_its_end(painter: openai.OpenAI) -> None:
    first, second, last = draw(painter)
    assert isinstance(first, ImageGenPartialImageEvent)
    assert (first.partial_image_index, second.partial_image_index) == (0, 1)
    assert isinstance(last, ImageGenCompletedEvent)
    assert last.usage.input_tokens == 5
    assert last.usage.output_tokens == 1_056 + 200
    pictures = [base64.b64decode(event.b64_json) for event in (first, second, last)]
    assert len(set(pictures)) == 3
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert [len(picture) for picture in pictures] == sorted(len(picture) for picture in pictures)


def test_the_same_words_make_the_same_picture_and_others_another(painter: openai.OpenAI) -> None:
    again, other = draw(painter, stages=0), draw(painter, "Fog.", stages=0)
    assert len(again) == len(other) == 1
    assert again[0].b64_json == draw(painter)[-1].b64_json
    assert again[0].b64_json != other[0].b64_json


def test_whoever_asks_without_a_stream_gets_the_picture_alone(painter: openai.OpenAI) -> None:
    answer = painter.images.generate(model="painter", prompt=PROMPT)
    assert answer.data
    assert answer.data[0].b64_json == draw(painter)[-1].b64_json
    assert answer.usage
    assert answer.usage.output_tokens == 1_056


def test_a_failure_inside_a_stream_arrives_as_an_error(painter: openai.OpenAI) -> None:
    events = painter.images.generate(
        model="painter-error", prompt=PROMPT, stream=True, partial_images=1
    )
    with pytest.raises(openai.APIError, match="The script says so"):
        list(events)


@pytest.mark.parametrize(
    ("said", "category"),
    [("A frog.", None), ("They Slaughter it", "violence"), ("a slur!", "hate")],
)
def test_moderation_objects_to_a_few_words(
    moderator: openai.OpenAI, said: str, category: str | None
) -> None:
    answer = moderator.moderations.create(model="omni-moderation-latest", input=said)
    (result,) = answer.results
    assert result.flagged is (category is not None)
    found = {name for name, is_found in result.categories if is_found}
    assert found == ({category} if category else set())
