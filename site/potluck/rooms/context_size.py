"""Finds out how much fits into one call: each kind of server says it elsewhere, if at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from potluck.rooms import provider
from potluck.rooms.provider import ModelFailed, Server

ASK_TIMEOUT_SECONDS = 5.0
TOKENS_MAX = 100_000_000
# In an entry of GET /v1/models: vLLM, OpenRouter and Together, Groq, LM Studio and Mistral.
# https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
LISTED_NAMES = ("max_model_len", "context_length", "context_window", "max_context_length")


class ContextSize(NamedTuple):
    """In tokens, and where it stood."""

    tokens: int
    source: str


Entries = Mapping[str, Mapping[str, Any]]


def listed(server: Server) -> Entries | None:
    """The entries of GET /v1/models by name; None where the server has no such list.

    Raises `ModelFailed` where nobody answers at all.
    """
    try:
        answer = provider.get_json(server, "/models", seconds=ASK_TIMEOUT_SECONDS)
    except ModelFailed as failure:
        if failure.code in {"provider_unreachable", "provider_refused_key"}:
            raise
        return None
    return {str(entry.get("id")): entry for entry in _entries(answer, "data")}


def entry_of(model: str, entries: Entries | None) -> Mapping[str, Any] | None:
    """What the list says of a model; None where it isn't in it, or there is none."""
    found = entries or {}
    return next((found[name] for name in _names(model) if name in found), None)


def find(model: str, server: Server, entries: Entries | None) -> ContextSize | None:
    """The first number that anybody says; None where nobody does."""
    return next(_said(model, server, entry_of(model, entries) or {}), None)


def _said(model: str, server: Server, entry: Mapping[str, Any]) -> Iterator[ContextSize]:
    for name in LISTED_NAMES:
        yield from _size(entry.get(name), f"{name} in /v1/models")
    # Newer llama.cpp; what stands beside it is what the model was trained with.
    yield from _size(_in(entry, "meta", "n_ctx"), "meta.n_ctx in /v1/models")
    if server.is_openai:
        return
    props = _ask(server, "/props")
    slot = _in(props, "default_generation_settings", "n_ctx")
    yield from _size(slot, "default_generation_settings.n_ctx in /props")
    # What Ollama gave a loaded model, which is less than what the model could have.
    for loaded in _entries(_ask(server, "/api/ps"), "models"):
        if loaded.get("model") in _names(model):
            yield from _size(loaded.get("context_length"), "context_length in /api/ps")
    # LiteLLM.
    for known in _entries(_ask(server, "/model/info"), "data"):
        if known.get("model_name") == model:
            most = _in(known, "model_info", "max_input_tokens")
            yield from _size(most, "max_input_tokens in /model/info")


def _names(model: str) -> tuple[str, str]:
    """Ollama takes a name without its tag, and lists it with one."""
    return model, f"{model}:latest"


def _size(said: object, source: str) -> Iterator[ContextSize]:
    if isinstance(said, int) and 0 < said <= TOKENS_MAX:
        yield ContextSize(said, source)


def _ask(server: Server, path: str) -> object:
    """What stands beside the API; nothing where there is no such address."""
    root = server.url.removesuffix("/v1")
    try:
        return provider.get_json(server, root + path, seconds=ASK_TIMEOUT_SECONDS)
    except ModelFailed:
        return None


def _entries(answer: object, name: str) -> list[Mapping[str, Any]]:
    found = answer.get(name) if isinstance(answer, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _in(answer: object, *names: str) -> object:
    for name in names:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    return answer
