"""Who a person is, as each provider tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, request

from potluck.settings import ProviderSettings, current_settings

if TYPE_CHECKING:
    from authlib.integrations.flask_client import FlaskOAuth2App, OAuth

TIMEOUT_SECONDS = 10
NAME_CHARACTERS_MAX = 80
# OpenID Connect Core, section 2, on `sub`. One cut short could be somebody else's.
SUBJECT_CHARACTERS_MAX = 255
# RFC 5321, section 4.5.3.1.3, less the brackets.
EMAIL_CHARACTERS_MAX = 254
GITHUB_API = "https://api.github.com"
DISCORD_API = "https://discord.com/api"
MICROSOFT_ISSUER = "https://login.microsoftonline.com/common/v2.0"

# https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
# https://discord.com/developers/docs/topics/oauth2
PLAIN_OAUTH: dict[str, dict[str, Any]] = {
    "github": {
        "authorize_url": "https://github.com/login/oauth/authorize",
        "access_token_url": "https://github.com/login/oauth/access_token",
        "api_base_url": GITHUB_API,
        "scope": "read:user user:email",
    },
    "discord": {
        "authorize_url": "https://discord.com/oauth2/authorize",
        "access_token_url": f"{DISCORD_API}/oauth2/token",
        "api_base_url": DISCORD_API,
        "scope": "identify email",
    },
}
ISSUERS = {"google": "https://accounts.google.com", "microsoft": MICROSOFT_ISSUER}
LABELS = {"github": "GitHub"}
# Authlib's name for what it keeps in the session between leaving and coming back.
ATTEMPT_PREFIX = "_state_"


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody at a provider. `email_vouched`: the provider says that the address is theirs."""

    provider: str
    subject: str
    name: str
    email: str | None
    email_vouched: bool


class ProviderFailed(Exception):
    """The provider said no, or said something that can't be believed."""


def label(provider: str) -> str:
    """The provider's name as people know it."""
    return LABELS.get(provider, provider.replace("-", " ").title())


def client(provider: str) -> FlaskOAuth2App:
    """Authlib's client for a configured provider."""
    if "oauth" not in current_app.extensions:
        current_app.extensions["oauth"] = _registry()
    return current_app.extensions["oauth"].create_client(provider)


def errors() -> tuple[type[Exception], ...]:
    """What a provider that lies, stammers or is away makes of its client."""
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - loaded by now
    from joserfc.errors import JoseError  # noqa: PLC0415 - likewise
    from requests import RequestException  # noqa: PLC0415 - likewise

    mistaken = (ValueError, LookupError, TypeError, AttributeError, RuntimeError)
    return (AuthlibBaseError, JoseError, ProviderFailed, RequestException, *mistaken)


def fetch_profile(provider: str) -> Profile:
    """Trades the callback's code for a profile; state, nonce, PKCE and issuer are checked."""
    app = client(provider)
    _check_callback_issuer(app)
    token = app.authorize_access_token(claims_options=_claims_options(provider))
    if provider == "github":
        return _github_profile(app, token)
    if provider == "discord":
        return _discord_profile(app, token)
    claims = token.get("userinfo")
    if not claims:
        message = "no id_token came with the access token"
        raise ProviderFailed(message)
    return _claims_profile(provider, claims)


def in_print(name: str) -> str:
    """A name in one line, without control characters and marks that turn the text around them."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def _registry() -> OAuth:
    """Every configured provider; asks none of them anything yet."""
    # Nobody signs in to a command, and it would take a tenth of its time.
    from authlib.integrations.flask_client import OAuth  # noqa: PLC0415

    oauth = OAuth(current_app)
    for provider in current_settings().providers:
        oauth.register(provider.name, **_registration(provider))
    return oauth


def _registration(provider: ProviderSettings) -> dict[str, Any]:
    plain = None if provider.issuer else PLAIN_OAUTH.get(provider.name)
    registration = {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret.get_secret_value(),
        "client_kwargs": {
            "scope": plain["scope"] if plain else "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    }
    if plain:
        return registration | {key: value for key, value in plain.items() if key != "scope"}
    issuer = (provider.issuer or ISSUERS[provider.name]).rstrip("/")
    return registration | {"server_metadata_url": f"{issuer}/.well-known/openid-configuration"}


def _check_callback_issuer(app: FlaskOAuth2App) -> None:
    """RFC 9207: an answer that names another issuer was meant for somebody else."""
    named = request.args.get("iss")
    if named and app.load_server_metadata().get("issuer", named) != named:
        message = "the answer came from another issuer"
        raise ProviderFailed(message)


def _claims_options(provider: str) -> dict[str, Any] | None:
    """Microsoft's common endpoint issues for every tenant: the claim `tid` says which.

    https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer
    """
    if provider != "microsoft":
        return None
    return {"iss": {"essential": True, "validate": _is_microsoft_tenant}}


def _is_microsoft_tenant(claims: Mapping[str, Any], issuer: str) -> bool:
    return issuer == MICROSOFT_ISSUER.replace("common", str(claims.get("tid")))


def _claims_profile(provider: str, claims: Mapping[str, Any]) -> Profile:
    """OpenID Connect Core, section 5.1. Microsoft lets tenants write any address into `email`."""
    email = claims.get("email")
    return _profile(
        provider=provider,
        subject=claims.get("sub"),
        names=(claims.get("name"), claims.get("preferred_username")),
        email=email,
        email_vouched=claims.get("email_verified") is True and provider != "microsoft",
    )


def _github_profile(app: FlaskOAuth2App, token: dict[str, Any]) -> Profile:
    user = _get(app, "/user", token)
    addresses = _get(app, "/user/emails", token)
    primary: dict[str, Any] = next((address for address in addresses if address.get("primary")), {})
    return _profile(
        provider="github",
        subject=user.get("id"),
        names=(user.get("name"), user.get("login")),
        email=primary.get("email"),
        email_vouched=primary.get("verified") is True,
    )


def _discord_profile(app: FlaskOAuth2App, token: dict[str, Any]) -> Profile:
    user = _get(app, "/users/@me", token)
    return _profile(
        provider="discord",
        subject=user.get("id"),
        names=(user.get("global_name"), user.get("username")),
        email=user.get("email"),
        email_vouched=user.get("verified") is True,
    )


def _get(app: FlaskOAuth2App, path: str, token: dict[str, Any]) -> Any:
    base = PLAIN_OAUTH[app.name]["api_base_url"]
    answer = app.get(f"{base}{path}", token=token)
    answer.raise_for_status()
    return answer.json()


def _profile(
    *,
    provider: str,
    subject: object,
    names: tuple[object, ...],
    email: object,
    email_vouched: bool,
) -> Profile:
    subject = str(subject or "")
    if not (0 < len(subject) <= SUBJECT_CHARACTERS_MAX and subject.isprintable()):
        message = "the profile has no subject that can be kept as it is"
        raise ProviderFailed(message)
    given = (in_print(str(name)) for name in names if name)
    name = next((name for name in given if name), "Somebody")
    address = _address(email)
    return Profile(
        provider=provider,
        subject=subject,
        name=name[:NAME_CHARACTERS_MAX],
        email=address,
        email_vouched=bool(address) and email_vouched,
    )


def _address(email: object) -> str | None:
    address = email.strip().lower() if isinstance(email, str) else ""
    is_whole = 0 < len(address) <= EMAIL_CHARACTERS_MAX and address.isprintable()
    return address if is_whole else None
