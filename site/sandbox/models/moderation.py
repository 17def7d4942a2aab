"""A stand-in for OpenAI's moderation: it objects to a few words, and to nothing else.

https://platform.openai.com/docs/api-reference/moderations
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

PATH = "/v1/moderations"
WORDS = {"slaughter": "violence", "slur": "hate", "wiretap": "illicit"}
# Objects to everything, pictures as well, or doesn't answer.
STRICT, BROKEN = "moderator-strict", "moderator-500"


def judge(request: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
    """The answer to a request, and its status."""
    model = request.get("model")
    if model == BROKEN:
        error = {"message": "The script says so.", "type": "server_error"}
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": error}
    said = set(re.findall(r"\w+", _text(request.get("input"))))
    found = {WORDS[word] for word in said & set(WORDS)}
    if model == STRICT:
        found.add("harassment")
    categories = dict.fromkeys(["harassment", *WORDS.values()], False)
    result = {
        "flagged": bool(found),
        "categories": categories | dict.fromkeys(found, True),
        "category_scores": {name: float(name in found) for name in categories},
    }
    return HTTPStatus.OK, {"id": "modr-scripted", "model": model, "results": [result]}


def _text(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text", "") if isinstance(part, dict) else part for part in parts]
    return " ".join(str(text) for text in texts).lower()
