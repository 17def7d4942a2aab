"""What was found out about each model by asking it, for the calls and for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, Text, TextClause, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from potluck.database import Base, db
from potluck.rooms import provider
from potluck.settings import current_settings

# Where the server doesn't say: OpenAI's models take at least so much, and what people run at home
# is often started with no more than this.
OPENAI_CONTEXT_TOKENS = 128_000
CONTEXT_TOKENS = 4_096
# A process that starts again at once has nothing new to ask.
ASK_AGAIN_AFTER_SECONDS = 60

LimitField = Literal["max_tokens", "max_completion_tokens"]

CLAIM = text("""
    INSERT INTO model_probes (server, model, asked_at) VALUES (:server, :model, now())
    ON CONFLICT (server, model) DO UPDATE SET asked_at = now()
    WHERE model_probes.asked_at IS NULL
        OR model_probes.asked_at < now() - make_interval(secs => :seconds)
    RETURNING model
""")
FOUND = text("""
    UPDATE model_probes SET found = CAST(:found AS jsonb), answered_at = now(), error = NULL
    WHERE server = :server AND model = :model RETURNING model
""")
FAILED = text("""
    UPDATE model_probes SET error = :error, answered_at = now()
    WHERE server = :server AND model = :model RETURNING model
""")
# In JSON, of every model that was ever asked where models are served now, at `:server`.
ALL_FOUND = "SELECT json_object_agg(model, found) FROM model_probes WHERE server = :server"
ASK_AGAIN = text("UPDATE model_probes SET asked_at = NULL WHERE server = :server")


class ModelProbe(Base):
    """The newest answers of one model at one server. `found` outlives a server that is away."""

    __tablename__ = "model_probes"

    server: Mapped[str] = mapped_column(Text, primary_key=True)
    model: Mapped[str] = mapped_column(Text, primary_key=True)
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    found: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)

    @property
    def capabilities(self) -> Capabilities | None:
        """What the model said last; None while it never did."""
        return Capabilities.model_validate(self.found) if self.found else None


class Capabilities(BaseModel):
    """None is where nobody knows. `tokens_spent` is what asking cost, by the model's own count."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    is_listed: bool | None = None
    streams: bool | None = None
    takes_stream_options: bool | None = None
    counts_usage: bool | None = None
    limit_field: LimitField | None = None
    heeds_limit: bool | None = None
    context_tokens: int | None = None
    context_source: str | None = None
    first_token_ms: int | None = None
    tokens_spent: int | None = None


NOTHING_KNOWN = Capabilities()


def of(model: str) -> Capabilities:
    """What is known of a model where it is served now."""
    probe = probe_of(model)
    return (probe.capabilities if probe else None) or NOTHING_KNOWN


def probe_of(model: str) -> ModelProbe | None:
    """The row, as the operator reads it."""
    server = provider.text_server(current_settings())
    return db.session.get(ModelProbe, (server.url, model), populate_existing=True)


def probes() -> dict[str, ModelProbe]:
    """All that were ever asked where models are served now, as the operator reads them."""
    server = provider.text_server(current_settings())
    query = select(ModelProbe).filter_by(server=server.url)
    return {probe.model: probe for probe in db.session.scalars(query)}


def as_known(found: Mapping[str, Any] | None) -> dict[str, Capabilities]:
    """What `ALL_FOUND` brought."""
    said = (found or {}).items()
    return {model: Capabilities.model_validate(each) for model, each in said if each}


def context_window(model: str, known: Mapping[str, Capabilities] | None = None) -> int:
    """How many tokens a prompt and its answer can have together.

    By what is `known` of all models, where that was read already.
    """
    found = of(model) if known is None else known.get(model, NOTHING_KNOWN)
    if found.context_tokens:
        return found.context_tokens
    server = provider.text_server(current_settings())
    return OPENAI_CONTEXT_TOKENS if server.is_openai else CONTEXT_TOKENS


def claim(model: str) -> bool:
    """Whether it is this process that asks: of several that start at once, one does. Commits."""
    return _write(CLAIM, model, seconds=ASK_AGAIN_AFTER_SECONDS) is not None


def note(model: str, found: Capabilities) -> None:
    """Writes down what was found. Commits."""
    _write(FOUND, model, found=found.model_dump_json())


def note_failure(model: str, error: str) -> None:
    """Writes down why nothing was; what was found before still counts. Commits."""
    _write(FAILED, model, error=error)


def ask_again() -> None:
    """Lets every model be asked again at once. The caller commits."""
    server = provider.text_server(current_settings())
    db.session.execute(ASK_AGAIN, {"server": server.url})


def _write(statement: TextClause, model: str, **values: object) -> str | None:
    """The model, if its row was written."""
    server = provider.text_server(current_settings())
    values |= {"server": server.url, "model": model}
    written: str | None = db.session.scalar(statement, values)
    db.session.commit()
    return written
