"""Whoever runs Potluck is told in a sentence what is wrong with the environment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from potluck.accounts import providers
from potluck.settings import PROVIDERS_KNOWN, Settings, SettingsError

SECRET = "hush-" * 8
PRODUCTION = {
    "PUBLIC_URL": "https://potluck.example",
    "DATABASE_URL": "postgresql://potluck:hush-database@db.example/potluck",
    "SECRET_KEY": SECRET,
    "STRIPE_SECRET_KEY": "sk_live_hush",
    "STRIPE_WEBHOOK_SECRET": "whsec_hush",
    "OPENAI_API_KEY": "sk-hush",
    "OPENAI_MODEL": "a-model",
    "PICTURES_URL": "s3+https://hush-key:hush@s3.example/pictures",
    "OAUTH_PROVIDERS": "github",
    "GITHUB_CLIENT_ID": "potluck",
    "GITHUB_CLIENT_SECRET": "hush-github",
}
REQUIRED = (
    "DATABASE_URL",
    "SECRET_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "OPENAI_API_KEY",
    "OPENAI_MODEL",
    "OAUTH_PROVIDERS",
)


@pytest.fixture
def laptop(tmp_path: Path) -> dict[str, str]:
    """What nobody has to set to try it."""
    return {"POTLUCK_VAR": str(tmp_path / "var")}


def complaint(environ: dict[str, str]) -> str:
    """What the start says before it stops."""
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(environ)
    return str(refusal.value)


def test_on_a_laptop_nothing_needs_to_be_set(laptop: dict[str, str]) -> None:
    settings = Settings.from_environment(laptop)
    assert settings.public_url == "http://localhost:8000"
    assert not settings.is_production
    assert not settings.is_secure


def test_a_whole_production_is_accepted() -> None:
    settings = Settings.from_environment(PRODUCTION)
    assert settings.is_production
    assert settings.is_secure
    assert [provider.name for provider in settings.providers] == ["github"]
    assert settings.checkout_origin == "https://checkout.stripe.com"


@pytest.mark.parametrize("half", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_half_of_stripe_is_none(laptop: dict[str, str], half: str) -> None:
    told = complaint(laptop | {half: "hush"})
    assert "STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET belong together" in told


@pytest.mark.parametrize("missing", ["KEYCLOAK_CLIENT_ID", "KEYCLOAK_CLIENT_SECRET"])
def test_a_provider_needs_its_id_and_its_secret(laptop: dict[str, str], missing: str) -> None:
    given = {
        "OAUTH_PROVIDERS": "keycloak",
        "KEYCLOAK_CLIENT_ID": "potluck",
        "KEYCLOAK_CLIENT_SECRET": "hush",
        "KEYCLOAK_ISSUER": "https://id.example",
    }
    Settings.from_environment(laptop | given)
    assert f"{missing} must be set" in complaint(laptop | given | {missing: ""})


def test_a_provider_that_nobody_knows_needs_its_issuer(laptop: dict[str, str]) -> None:
    given = {
        "OAUTH_PROVIDERS": "my-club",
        "MY_CLUB_CLIENT_ID": "potluck",
        "MY_CLUB_CLIENT_SECRET": "hush",
    }
    assert "MY_CLUB_ISSUER must be set" in complaint(laptop | given)


def test_the_providers_that_need_no_issuer_are_those_we_know() -> None:
    assert {*providers.PLAIN_OAUTH, *providers.ISSUERS} == PROVIDERS_KNOWN


def test_a_provider_with_an_impossible_name_is_refused(laptop: dict[str, str]) -> None:
    given = {"CLIENT_ID": "x", "CLIENT_SECRET": "hush", "ISSUER": "https://id.example"}
    named = {f"A/B_{name}": value for name, value in given.items()}
    assert "NAME" in complaint(laptop | named | {"OAUTH_PROVIDERS": "a/b"})


@pytest.mark.parametrize("port", ["http", "-1", "65536", "80.5"])
def test_a_port_that_is_none_is_named(laptop: dict[str, str], port: str) -> None:
    assert complaint(laptop | {"PORT": port}).startswith("PORT: ")


@pytest.mark.parametrize("url", ["ftp://localhost", "localhost:8000", "http://[::1"])
def test_a_public_url_that_is_none_is_named(laptop: dict[str, str], url: str) -> None:
    assert "PUBLIC_URL" in complaint(laptop | {"PUBLIC_URL": url, "SECRET_KEY": SECRET})
    assert complaint(laptop | {"PUBLIC_URL": url}).startswith("PUBLIC_URL: ")


def test_a_public_installation_needs_https() -> None:
    told = complaint(PRODUCTION | {"PUBLIC_URL": "http://potluck.example"})
    assert "PUBLIC_URL must begin with https://" in told


def test_everything_that_production_lacks_is_named_at_once(tmp_path: Path) -> None:
    var = tmp_path / "var"
    told = complaint({"PUBLIC_URL": "https://potluck.example", "POTLUCK_VAR": str(var)})
    for name in REQUIRED:
        assert name in told
    assert len(told.splitlines()) == len(REQUIRED)
    assert not var.exists(), "no key is made that a public installation would use"


@pytest.mark.parametrize("missing", REQUIRED)
def test_each_thing_that_production_lacks_is_named(missing: str) -> None:
    environ = {name: value for name, value in PRODUCTION.items() if name != missing}
    assert missing in complaint(environ)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STRIPE_API_URL", "http://127.0.0.1:8002", "STRIPE_API_URL names a stand-in"),
        ("STRIPE_SECRET_KEY", "sk_test_sandbox_hush", "A key of a stand-in"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_sandbox_hush", "A key of a stand-in"),
        ("OPENAI_API_KEY", "sandbox", "A key of a stand-in"),
        ("PICTURES_URL", "s3+http://k:sandbox@127.0.0.1:9000/b", "A key of a stand-in"),
        ("GITHUB_ISSUER", "http://127.0.0.1:8001", "GITHUB_ISSUER must begin with https://"),
    ],
)
def test_no_stand_in_gets_into_production(name: str, value: str, told: str) -> None:
    assert told in complaint(PRODUCTION | {name: value})


def test_the_issuer_is_named_as_its_variable_is() -> None:
    club = {
        "OAUTH_PROVIDERS": "my-club",
        "MY_CLUB_CLIENT_ID": "potluck",
        "MY_CLUB_CLIENT_SECRET": "hush",
        "MY_CLUB_ISSUER": "http://id.example",
    }
    assert "MY_CLUB_ISSUER must begin with https://" in complaint(PRODUCTION | club)


def test_a_short_secret_key_is_refused_in_production() -> None:
    told = complaint(PRODUCTION | {"SECRET_KEY": "hush"})
    assert "SECRET_KEY must have at least 32 characters" in told


def test_no_secret_is_ever_shown() -> None:
    settings = Settings.from_environment(PRODUCTION)
    wrong = {"PORT": "hush", "PUBLIC_URL": "http://potluck.example", "WELCOME_CREDITS": "hush"}
    told = [
        repr(settings),
        str(settings),
        repr(settings.providers),
        complaint(PRODUCTION | wrong),
        complaint(PRODUCTION | {"SECRET_KEY": "hush"}),
        complaint(PRODUCTION | {"STRIPE_SECRET_KEY": "hush-sandbox"}),
        complaint(PRODUCTION | {"PICTURES_URL": "s3+https://hush:hush@s3.example"}),
    ]
    assert "hush" not in "".join(told)


def test_a_secret_key_is_made_once_and_for_us_alone(laptop: dict[str, str], tmp_path: Path) -> None:
    first = Settings.from_environment(laptop).secret_key
    assert len(first.get_secret_value()) == 64
    (made,) = (tmp_path / "var").iterdir()
    assert made.name == "secret_key"
    assert made.stat().st_mode & 0o777 == 0o600
    assert Settings.from_environment(laptop).secret_key == first


def test_processes_that_start_together_share_one_key(laptop: dict[str, str]) -> None:
    barrier = threading.Barrier(8)
    keys: list[str] = []

    def start() -> None:
        barrier.wait()
        keys.append(Settings.from_environment(laptop).secret_key.get_secret_value())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "POTLUCK_VAR" in complaint({"POTLUCK_VAR": str(tmp_path / "file" / "var")})


def test_a_variable_that_is_set_to_nothing_is_not_set(laptop: dict[str, str]) -> None:
    names = [name.upper() for name in Settings.model_fields if name.upper() not in laptop]
    blank = dict.fromkeys(names, "") | {"STRIPE_SECRET_KEY": "  ", "OAUTH_PROVIDERS": " "}
    assert Settings.from_environment(laptop | blank) == Settings.from_environment(laptop)


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://potluck.example/", "https://potluck.example"),
        ("https://potluck.example:443", "https://potluck.example"),
        ("HTTPS://Potluck.Example", "https://potluck.example"),
        ("https://potluck.example:8443", "https://potluck.example:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_the_origin_is_written_as_browsers_write_it(public_url: str, origin: str) -> None:
    settings = Settings.from_environment(PRODUCTION | {"PUBLIC_URL": public_url})
    assert settings.origin == origin
    assert settings.is_secure


def test_operators_are_told_apart_by_commas(laptop: dict[str, str]) -> None:
    settings = Settings.from_environment(laptop | {"OPERATOR_EMAILS": "a@x.example, b@x.example,"})
    assert settings.operator_emails == ("a@x.example", "b@x.example")


def test_a_server_for_pictures_needs_a_model_that_draws(laptop: dict[str, str]) -> None:
    told = complaint(laptop | {"OPENAI_IMAGE_BASE_URL": "http://127.0.0.1:1/v1"})
    assert told == "Set OPENAI_IMAGE_MODEL to the model that shall draw."


def test_a_stand_in_that_draws_is_no_part_of_a_production() -> None:
    named = {"OPENAI_IMAGE_MODEL": "painter", "OPENAI_IMAGE_API_KEY": "sandbox"}
    assert "A key of a stand-in is configured" in complaint(PRODUCTION | named)


def test_several_models_can_be_named_and_the_first_is_the_default(laptop: dict[str, str]) -> None:
    named = {"OPENAI_MODEL": "small, large,,small", "OPENAI_API_KEY": "hush"}
    assert Settings.from_environment(laptop | named).openai_models == ("small", "large")
    assert Settings.from_environment(laptop).openai_models == ()


@pytest.mark.parametrize("name", ["OPENAI_FIRST_TOKEN_SECONDS", "OPENAI_STALL_SECONDS"])
@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "601"])
def test_a_wait_that_is_none_is_named(laptop: dict[str, str], name: str, seconds: str) -> None:
    assert complaint(laptop | {name: seconds}).startswith(f"{name}: ")
