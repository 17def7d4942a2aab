"""What an operator types, and what the command says."""

from __future__ import annotations

from flask import Flask

from potluck.database import db

AGREES = "The books agree with Stripe."


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """A command of the operator's: how it exits, and what it prints."""
    db.session.remove()
    result = app.test_cli_runner().invoke(args=arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def assert_nothing_differs(app: Flask) -> None:
    code, said = run(app, "reconcile")
    assert (code, figure(said, "differences found")) == (0, "0"), said
    assert said.endswith(f"{AGREES}\n")


def figure(said: str, name: str) -> str:
    """What stands behind a name among the sums."""
    (line,) = [line for line in said.splitlines() if line.strip().startswith(f"{name} ")]
    return line.split()[-1]
