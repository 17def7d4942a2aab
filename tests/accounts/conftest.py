"""A provider in a process of its own, one that lies, and the way there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from potluck.settings import ProviderSettings
from tests.accounts.liar import Liar
from tests.accounts.visits import DISCOVERY_PATH
from tests.sandbox.processes import stand_in


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    with stand_in("sandbox.identity", ready_path=DISCOVERY_PATH) as url:
        yield url


@pytest.fixture
def use_provider(app: Flask) -> Iterator[Callable[[str], None]]:
    """Has the installation's one provider be another."""
    before = app.extensions["settings"]

    def use(issuer: str) -> None:
        provider = ProviderSettings(
            name="sandbox",
            client_id="potluck",
            client_secret=SecretStr("sandbox"),
            issuer=issuer,
        )
        app.extensions["settings"] = before.model_copy(update={"providers": (provider,)})
        # Made of the settings when somebody signs in for the first time.
        app.extensions.pop("oauth", None)

    yield use
    app.extensions["settings"] = before
    app.extensions.pop("oauth", None)


@pytest.fixture
def provider(issuer: str, use_provider: Callable[[str], None]) -> str:
    """An honest provider, which the installation uses; its address."""
    use_provider(issuer)
    return issuer


@pytest.fixture
def liar(issuer: str, use_provider: Callable[[str], None]) -> Iterator[Liar]:
    """A provider that says what it is told to, which the installation uses."""
    liar = Liar(issuer)
    use_provider(liar.url)
    yield liar
    liar.close()
