"""The same stream, read by OpenAI's own package and nothing else: what is left is ours."""

from __future__ import annotations

import time
from dataclasses import dataclass

import openai


@dataclass(frozen=True)
class Bare:
    """Reading one stream for a while, in this process."""

    chunks: int
    cpu_seconds: float
    delays_seconds: list[float]


def read_bare(url: str, *, seconds: float) -> Bare:
    """As its documentation shows it."""
    client = openai.OpenAI(api_key="sandbox", base_url=f"{url}/v1", max_retries=0)
    with client.chat.completions.create(
        model="scripted-clock", messages=[{"role": "user", "content": "Go on."}], stream=True
    ) as stream:
        next(stream)
        delays = []
        cpu_before, until = time.process_time(), time.monotonic() + seconds
        for chunk in stream:
            delays.append(time.time() - float(chunk.choices[0].delta.content or 0))
            if time.monotonic() > until:
                break
        cpu = time.process_time() - cpu_before
    client.close()
    return Bare(len(delays), cpu, delays)
