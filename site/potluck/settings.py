"""The only reader of the environment. A wrong value stops the start with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from flask import current_app
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from potluck import buckets, own_secret

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
SECRET_KEY_CHARACTERS_MIN = 32
# Every secret that the stand-ins hand out carries this word.
STAND_IN_MARK = "sandbox"
# Those whose addresses the app knows; any other must come with its issuer.
PROVIDERS_KNOWN = {"discord", "github", "google", "microsoft"}


class SettingsError(Exception):
    """Says in a sentence which variable is wrong and how to mend it."""


def _without_blanks(value: object) -> object:
    """A variable that is set to nothing counts as not set."""
    return None if value == "" else value


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_comma_separated)]


class ProviderSettings(BaseModel):
    """How to reach one identity provider, named in `OAUTH_PROVIDERS`."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    client_id: str
    client_secret: SecretStr
    issuer: str | None = None

    @property
    def prefix(self) -> str:
        """What the names of its variables begin with."""
        return _prefix(self.name)


class Settings(BaseModel):
    """What an installation can be told. Field names are the variables' in lower case."""

    model_config = ConfigDict(frozen=True)

    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    secret_key: SecretStr
    public_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    potluck_role: Literal["all", "web", "live"] = "all"
    potluck_var: Path = ROOT / "var"
    operator_emails: Words = ()
    welcome_credits: int = Field(default=0, ge=0, le=1_000_000)
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api_url: str | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    # Several are separated by commas, the default first.
    openai_model: str | None = None
    # The network is given time to connect by a constant; these are for a model to begin, and to
    # go on. One that is loaded into memory first takes long.
    openai_first_token_seconds: float = Field(default=60, gt=0, le=600)
    openai_stall_seconds: float = Field(default=30, gt=0, le=600)
    openai_image_model: str | None = None
    # Where pictures come from another server than texts.
    openai_image_base_url: str | None = None
    openai_image_api_key: SecretStr | None = None
    # A bucket; without one, pictures are in a folder under POTLUCK_VAR.
    pictures_url: Annotated[SecretStr | None, AfterValidator(buckets.checked)] = None
    # Checks lines and what is made of them; nobody does where it isn't named.
    openai_moderation_model: str | None = None
    providers: tuple[ProviderSettings, ...] = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Reads `environ`; raises `SettingsError` with every complaint in one text."""
        values: dict[str, Any] = {
            name: environ[name.upper()]
            for name in cls.model_fields
            if environ.get(name.upper(), "").strip()
        }
        values.setdefault("port", "8000")
        values.setdefault("public_url", f"http://localhost:{values['port']}")
        values["public_url"] = values["public_url"].rstrip("/")
        values["potluck_var"] = Path(values.get("potluck_var", ROOT / "var")).resolve()
        values["providers"] = _providers(environ)
        if "secret_key" not in values:
            is_ours = _is_loopback(values["public_url"])
            values["secret_key"] = _own_secret_key(values["potluck_var"]) if is_ours else ""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_sentences(error)) from None

    @property
    def origin(self) -> str:
        """Scheme, host and port as a browser writes them in `Origin`."""
        return _origin(self.public_url)

    @property
    def is_production(self) -> bool:
        """True where others than this machine are invited."""
        return not _is_loopback(self.public_url)

    @property
    def is_secure(self) -> bool:
        """True where browsers reach the app over TLS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def openai_models(self) -> tuple[str, ...]:
        """Those that write, the default first."""
        names = _comma_separated(self.openai_model or "")
        assert isinstance(names, tuple)
        return tuple(dict.fromkeys(names))

    @property
    def checkout_origin(self) -> str:
        """Where Stripe's hosted page lives; a stand-in serves it beside its API."""
        return (
            _origin(self.stripe_api_url) if self.stripe_api_url else "https://checkout.stripe.com"
        )

    @field_validator("public_url")
    @classmethod
    def _can_be_typed(cls, url: str) -> str:
        if not _is_address(url):
            message = "This is the address people type, like https://potluck.example."
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        complaints = [*self._half_configured()]
        if self.is_production:
            complaints += [*self._missing_in_production(), *self._stand_ins()]
        if complaints:
            raise ValueError("\n".join(complaints))
        return self

    def _half_configured(self) -> list[str]:
        complaints = []
        if bool(self.stripe_secret_key) != bool(self.stripe_webhook_secret):
            complaints.append(
                "STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET belong together: set both "
                "(the second is shown where the webhook endpoint is made) or neither."
            )
        if (self.openai_api_key or self.openai_base_url) and not self.openai_model:
            complaints.append("Set OPENAI_MODEL to the model that rounds shall use.")
        has_image_server = self.openai_image_api_key or self.openai_image_base_url
        if has_image_server and not self.openai_image_model:
            complaints.append("Set OPENAI_IMAGE_MODEL to the model that shall draw.")
        return complaints

    def _missing_in_production(self) -> list[str]:
        needed = {
            "DATABASE_URL": self.database_url,
            "STRIPE_SECRET_KEY": self.stripe_secret_key,
            "STRIPE_WEBHOOK_SECRET": self.stripe_webhook_secret,
            "OPENAI_API_KEY (or OPENAI_BASE_URL)": self.openai_api_key or self.openai_base_url,
            "OPENAI_MODEL": self.openai_model,
            "OAUTH_PROVIDERS": self.providers,
        }
        complaints = [
            f"{name} must be set where PUBLIC_URL is public." for name, v in needed.items() if not v
        ]
        if len(self.secret_key.get_secret_value()) < SECRET_KEY_CHARACTERS_MIN:
            complaints.append(
                f"SECRET_KEY must have at least {SECRET_KEY_CHARACTERS_MIN} characters: "
                'python3 -c "import secrets; print(secrets.token_hex(32))" makes one.'
            )
        if not self.is_secure:
            complaints.append("PUBLIC_URL must begin with https:// unless it is this machine.")
        return complaints

    def _stand_ins(self) -> list[str]:
        complaints = []
        if self.stripe_api_url:
            complaints.append(
                "STRIPE_API_URL names a stand-in: unset it where PUBLIC_URL is public."
            )
        secret_values = (
            *(self.stripe_secret_key, self.stripe_webhook_secret),
            *(self.openai_api_key, self.openai_image_api_key, self.pictures_url),
        )
        if any(s and STAND_IN_MARK in s.get_secret_value() for s in secret_values):
            complaints.append("A key of a stand-in is configured: use the real one.")
        complaints += [
            f"{provider.prefix}_ISSUER must begin with https:// where PUBLIC_URL is public."
            for provider in self.providers
            if provider.issuer and not provider.issuer.startswith("https://")
        ]
        return complaints


def _providers(environ: Mapping[str, str]) -> tuple[ProviderSettings, ...]:
    names = _comma_separated(environ.get("OAUTH_PROVIDERS", ""))
    assert isinstance(names, tuple)
    return tuple(_provider(name, environ) for name in names)


def _provider(name: str, environ: Mapping[str, str]) -> ProviderSettings:
    prefix = _prefix(name)
    needed = ["CLIENT_ID", "CLIENT_SECRET"]
    if name not in PROVIDERS_KNOWN:
        needed.append("ISSUER")
    for suffix in needed:
        if not environ.get(f"{prefix}_{suffix}"):
            message = f"OAUTH_PROVIDERS names {name}, so {prefix}_{suffix} must be set."
            raise SettingsError(message)
    try:
        return ProviderSettings(
            name=name,
            client_id=environ[f"{prefix}_CLIENT_ID"],
            client_secret=SecretStr(environ[f"{prefix}_CLIENT_SECRET"]),
            issuer=environ.get(f"{prefix}_ISSUER") or None,
        )
    except ValidationError as error:
        raise SettingsError(_sentences(error)) from None


def _prefix(name: str) -> str:
    return name.upper().replace("-", "_")


def _own_secret_key(var: Path) -> str:
    try:
        return own_secret.key(var / "secret_key")
    except OSError as error:
        message = f"POTLUCK_VAR: a secret key can't be kept in {var} ({error.strerror})."
        raise SettingsError(message) from None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    usual_port = f":{DEFAULT_PORTS.get(parts.scheme)}"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual_port)}"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in DEFAULT_PORTS and bool(parts.hostname)


def _is_loopback(url: str) -> bool:
    return _is_address(url) and urlsplit(url).hostname in LOOPBACK_HOSTS


def _sentences(error: ValidationError) -> str:
    """One line a complaint, without the values: they may be secrets."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in fault["loc"]).upper()
        text = fault["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {text}" if name else text)
    return "\n".join(lines)


def current_settings() -> Settings:
    """Those of the app that is being served."""
    settings: Settings = current_app.extensions["settings"]
    return settings
