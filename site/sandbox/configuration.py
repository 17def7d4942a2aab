"""What was configured, and which stand-ins take the place of what was not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from sandbox import ports
from sandbox.identity.people import PEOPLE
from sandbox.installation import Secrets
from sandbox.models import weights

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """A process that takes the place of something that has no key configured."""

    name: str
    note: str
    arguments: tuple[str, ...]
    ready_url: str
    environ: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", *self.arguments]


def read(root: Path) -> dict[str, str]:
    """The environment over the `.env` file, with defaults; set to nothing is not set."""
    written = {name: value or "" for name, value in dotenv_values(root / ".env").items()}
    environ = {**written, **os.environ}
    defaults = {
        "HOST": HOST,
        "PORT": ports.PORT_DEFAULT,
        "PUBLIC_URL": f"http://localhost:{environ.get('PORT') or ports.PORT_DEFAULT}",
        "POTLUCK_VAR": str(root / "var"),
    }
    for name, value in defaults.items():
        environ[name] = environ.get(name) or value
    return environ


def own_url(environ: Mapping[str, str]) -> str:
    """Where the app answers on this machine, whatever its public address."""
    host = environ["HOST"]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        host = HOST
    return f"http://{f'[{host}]' if ':' in host else host}:{environ['PORT']}"


def stand_ins(environ: Mapping[str, str], var: Path, secrets: Secrets) -> Iterator[StandIn]:
    """One for each part of `environ` that says nothing."""
    port = int(environ["PORT"])
    taken = {port}
    if not environ.get("OAUTH_PROVIDERS"):
        yield _identity(_next_port(port, taken), secrets, environ)
    if not environ.get("STRIPE_SECRET_KEY"):
        yield _stripe(_next_port(port, taken), secrets, var, own_url(environ))
    if not environ.get("OPENAI_API_KEY") and not environ.get("OPENAI_BASE_URL"):
        yield _models(_next_port(port, taken), environ.get("SANDBOX_MODEL") or weights.model())
    if not environ.get("OPENAI_IMAGE_MODEL"):
        yield _painter(_next_port(port, taken))


def _next_port(port: int, taken: set[int]) -> int:
    chosen = ports.free_port(HOST, port + len(taken), frozenset(taken))
    taken.add(chosen)
    return chosen


def _identity(port: int, secrets: Secrets, environ: Mapping[str, str]) -> StandIn:
    operator = PEOPLE[0]
    issuer = f"http://{HOST}:{port}"
    return StandIn(
        name="identity",
        note=f"sign-in: choose one of four people at {issuer}; {operator.name} runs the place",
        arguments=("sandbox.identity", "--port", str(port)),
        ready_url=f"{issuer}/.well-known/openid-configuration",
        environ={
            "OAUTH_PROVIDERS": "sandbox",
            "SANDBOX_CLIENT_ID": "potluck",
            "SANDBOX_CLIENT_SECRET": secrets.client,
            "SANDBOX_ISSUER": issuer,
            "OPERATOR_EMAILS": environ.get("OPERATOR_EMAILS") or operator.email,
        },
    )


def _stripe(port: int, secrets: Secrets, var: Path, app_url: str) -> StandIn:
    url = f"http://{HOST}:{port}"
    return StandIn(
        name="stripe",
        note="payments: no money moves; pay with the card 4242 4242 4242 4242",
        arguments=(
            *("sandbox.stripe", "--port", str(port)),
            *("--secret-key", secrets.stripe_key, "--webhook-secret", secrets.stripe_webhook),
            *("--webhook-url", f"{app_url}/billing/webhook"),
            *("--database", str(var / "stripe.sqlite3")),
        ),
        ready_url=f"{url}/healthz",
        environ={
            "STRIPE_SECRET_KEY": secrets.stripe_key,
            "STRIPE_WEBHOOK_SECRET": secrets.stripe_webhook,
            "STRIPE_API_URL": url,
        },
    )


def _models(port: int, model: str) -> StandIn:
    scripted = model.startswith("scripted")
    return StandIn(
        name="models",
        note="model: a script, not a language model" if scripted else f"model: {model}, right here",
        arguments=(
            "sandbox.models.scripted" if scripted else "sandbox.models",
            *("--port", str(port)),
        ),
        ready_url=f"http://{HOST}:{port}/health",
        environ={
            "OPENAI_BASE_URL": f"http://{HOST}:{port}/v1",
            "OPENAI_API_KEY": "sandbox",
            "OPENAI_MODEL": model,
        },
    )


def _painter(port: int) -> StandIn:
    url = f"http://{HOST}:{port}"
    return StandIn(
        name="painter",
        note="pictures: colours by chance, another for each prompt",
        arguments=("sandbox.models.painter", "--port", str(port)),
        ready_url=f"{url}/healthz",
        environ={
            "OPENAI_IMAGE_MODEL": "painter",
            "OPENAI_IMAGE_BASE_URL": f"{url}/v1",
            "OPENAI_IMAGE_API_KEY": "sandbox",
        },
    )
