"""How a provider is reached: OpenAI, or any server that speaks its API at another address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from potluck.settings import Settings

if TYPE_CHECKING:
    import httpx2
    import openai

DETAIL_CHARACTERS_MAX = 300
OPENAI_URL = "https://api.openai.com/v1"
# Servers on one's own machine want none, and the SDK wants one.
NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API answers, and the key that it knows us by."""

    url: str
    api_key: str = field(repr=False)

    @property
    def is_openai(self) -> bool:
        """Whether it is the original."""
        return self.url == OPENAI_URL


class ModelFailed(Exception):
    """The provider gave nothing that can be used. `code` is stable, `detail` for the operator."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail.replace("\x00", "")[:DETAIL_CHARACTERS_MAX]


def text_server(settings: Settings) -> Server:
    """Who writes."""
    key = settings.openai_api_key
    url = (settings.openai_base_url or OPENAI_URL).rstrip("/")
    return Server(url, key.get_secret_value() if key else NO_KEY)


def picture_server(settings: Settings) -> Server:
    """Who draws: the one who writes, unless another is named. A key goes to its own server only."""
    if not (settings.openai_image_base_url or settings.openai_image_api_key):
        return text_server(settings)
    key = settings.openai_image_api_key
    url = (settings.openai_image_base_url or OPENAI_URL).rstrip("/")
    return Server(url, key.get_secret_value() if key else NO_KEY)


def client(server: Server) -> openai.OpenAI:
    """One a server, for its pool of connections."""
    from potluck.rooms import sdk  # noqa: PLC0415 - it is long in loading

    return sdk.client(server)


def writer(server: Server) -> openai.OpenAI:
    """One a server, for texts as they are written."""
    from potluck.rooms import sdk  # noqa: PLC0415 - it is long in loading

    return sdk.writer(server)


def patience(seconds: float) -> httpx2.Timeout:
    """How long the network may be silent; to connect has a limit of its own."""
    from potluck.rooms import sdk  # noqa: PLC0415 - it is long in loading

    return sdk.patience(seconds)


def get_json(server: Server, address: str, *, seconds: float) -> object:
    """What stands at an address of the API, or at a whole address beside it.

    Raises `ModelFailed`.
    """
    try:
        return client(server).get(address, cast_to=object, options={"timeout": seconds})
    except Exception as error:
        raise failure(error) from error


def failure(error: Exception, *, lost_connection: str = "provider_unreachable") -> ModelFailed:
    """A code of ours for what the SDK raises, and what the provider said for the operator."""
    from potluck.rooms import sdk  # noqa: PLC0415 - it is long in loading

    code = sdk.code_of(error, lost_connection=lost_connection)
    return ModelFailed(code, f"{type(error).__name__}: {error}")
