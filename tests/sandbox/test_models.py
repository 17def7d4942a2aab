"""Both stand-ins for OpenAI, through the SDK that the app uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import openai
import pytest
import requests
from openai.types.chat import ChatCompletionChunk

from sandbox.models import weights
from tests.sandbox.processes import stand_in

QUESTION = "What shall we cook tonight?"


@pytest.fixture(scope="module")
def scripted_url() -> Iterator[str]:
    with stand_in("sandbox.models.scripted", ready_path="/health") as url:
        yield url


@pytest.fixture(scope="module")
def scripted(scripted_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{scripted_url}/v1", api_key="sandbox", max_retries=0, timeout=5
    ) as client:
        yield client


def stream(
    client: openai.OpenAI, model: str, *, tokens_max: int = 200
) -> openai.Stream[ChatCompletionChunk]:
    return client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
        max_tokens=tokens_max,
    )


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def generating(url: str) -> int:
    return int(requests.get(f"{url}/health", timeout=5).json()["generating"])


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_script_says_that_it_is_one_and_counts_its_words(scripted: openai.OpenAI) -> None:
    chunks = list(stream(scripted, "scripted"))
    text = text_of(chunks)
    assert text.startswith("This is a scripted model")
    assert text.endswith(QUESTION)
    assert [choice.finish_reason for choice in chunks[-2].choices] == ["stop"]
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.prompt_tokens == len(QUESTION.split())
    assert usage.completion_tokens == len(text.split())


def test_the_limit_of_tokens_is_kept(scripted: openai.OpenAI) -> None:
    chunks = list(stream(scripted, "scripted", tokens_max=3))
    assert text_of(chunks) == "This is a"
    assert [choice.finish_reason for choice in chunks[-2].choices] == ["length"]


def test_an_answer_in_one_piece_is_the_same(scripted: openai.OpenAI) -> None:
    answer = scripted.chat.completions.with_raw_response.create(
        model="scripted", messages=[{"role": "user", "content": QUESTION}]
    )
    assert answer.headers["x-request-id"].startswith("req_")
    assert (answer.parse().choices[0].message.content or "").endswith(QUESTION)


@pytest.mark.parametrize(
    ("model", "error"),
    [("scripted-500", openai.InternalServerError), ("scripted-429", openai.RateLimitError)],
)
def test_errors_arrive_as_errors(
    scripted: openai.OpenAI, model: str, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as raised:
        stream(scripted, model)
    assert raised.value.request_id is not None
    assert raised.value.response.headers.get("retry-after") == (
        "1" if model == "scripted-429" else None
    )


def test_a_proxys_page_brings_no_chunk(scripted: openai.OpenAI) -> None:
    answer = stream(scripted, "scripted-html")
    assert answer.response.headers["content-type"].startswith("text/html")
    assert list(answer) == []


def test_a_cut_stream_brings_text_but_no_usage(scripted: openai.OpenAI) -> None:
    heard: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIConnectionError):
        heard.extend(stream(scripted, "scripted-cut"))
    assert text_of(heard).startswith("This is a scripted model")
    assert all(chunk.usage is None for chunk in heard)


def test_an_empty_answer_has_a_usage_and_no_text(scripted: openai.OpenAI) -> None:
    chunks = list(stream(scripted, "scripted-empty"))
    assert text_of(chunks) == ""
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 0


def test_a_stream_may_end_without_usage(scripted: openai.OpenAI) -> None:
    chunks = list(stream(scripted, "scripted-nousage"))
    assert text_of(chunks).endswith(QUESTION)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_silence_lasts_until_the_client_has_had_enough(
    scripted: openai.OpenAI, scripted_url: str
) -> None:
    answer = stream(scripted.with_options(timeout=0.2), "scripted-silent")
    assert generating(scripted_url) == 1
    with pytest.raises(openai.APITimeoutError):
        next(answer)
    wait_for(lambda: generating(scripted_url) == 0)


def test_closing_the_stream_stops_the_script(scripted: openai.OpenAI, scripted_url: str) -> None:
    answer = stream(scripted, "scripted-slow")
    next(answer)
    assert generating(scripted_url) == 1
    answer.close()
    wait_for(lambda: generating(scripted_url) == 0)


def test_a_script_goes_on_when_somebody_lets_it(scripted: openai.OpenAI, scripted_url: str) -> None:
    answer = stream(scripted.with_options(timeout=0.5), "scripted-waiting")
    heard = [next(answer) for _ in range(25)]
    with pytest.raises(openai.APITimeoutError):
        next(answer)
    wait_for(lambda: generating(scripted_url) == 0)
    for _ in range(2):
        requests.post(f"{scripted_url}/turns", json={}, timeout=5)
    whole = text_of(list(stream(scripted, "scripted-waiting")))
    assert whole.startswith(text_of(heard))
    assert len(whole.split()) >= 48


def test_a_hiccup_is_over_when_the_same_is_asked_again(scripted: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError):
        list(stream(scripted, "scripted-hiccup"))
    assert text_of(list(stream(scripted, "scripted-hiccup"))).endswith("tonight?")


def test_the_small_model_answers_and_counts_its_tokens() -> None:
    if weights.path() is None:
        assert weights.model() == weights.SCRIPTED_MODEL
        return
    with (
        stand_in("sandbox.models", ready_path="/health") as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="sandbox", max_retries=0) as client,
    ):
        assert client.models.list().data[0].id == weights.MODEL
        chunks = list(stream(client, weights.MODEL, tokens_max=8))
    assert text_of(chunks).strip()
    usage = chunks[-1].usage
    assert usage is not None
    assert 0 < usage.completion_tokens <= 8
