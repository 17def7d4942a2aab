"""Olga, who runs the installation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import RunBy, SignInAs
from tests.people import Browser


@pytest.fixture
def operator(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Browser:
    own = browser()
    run_by(sign_in_as(own, "Olga"))
    return own
