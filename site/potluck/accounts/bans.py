"""An operator closes a member's account, and opens it again.

Nothing is deleted: the session rows stay, and say why nobody is let in by them. The database tells
the live side as soon as it is committed.
"""

from __future__ import annotations

import click
from flask import Flask
from sqlalchemy import Select, func, select

from potluck.accounts.models import Identity, User
from potluck.database import db

# More would be no number to the database.
ID_DIGITS_MAX = 18


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    app.cli.add_command(ban)
    app.cli.add_command(unban)


@click.command()
@click.argument("who", metavar="EMAIL|USER_ID")
def ban(who: str) -> None:
    """Shut somebody out, everywhere and at once. What they have stays theirs."""
    user = _user(who)
    if user.banned_at is None:
        user.banned_at = func.now()
    db.session.commit()
    click.echo(f"{user.name} (member {user.id}) is banned.")


@click.command()
@click.argument("who", metavar="EMAIL|USER_ID")
def unban(who: str) -> None:
    """Let somebody in again."""
    user = _user(who)
    user.banned_at = None
    db.session.commit()
    click.echo(f"{user.name} (member {user.id}) is let in again.")


def _user(who: str) -> User:
    users = db.session.scalars(_users(who)).all()
    if not users:
        message = f"There is no member {who}."
        raise click.ClickException(message)
    if len(users) > 1:
        ids = ", ".join(str(user.id) for user in users)
        message = f"{who} is the address of several members: {ids}. Name one of them."
        raise click.ClickException(message)
    return users[0]


def _users(who: str) -> Select[User]:
    """By an address only where the provider vouches for it: anybody can claim another's."""
    query = select(User).where(User.deleted_at.is_(None)).order_by(User.id)
    if who.isascii() and who.isdecimal() and len(who) <= ID_DIGITS_MAX:
        return query.filter_by(id=int(who))
    named = select(Identity.user_id).filter_by(email=who.lower(), email_vouched=True)
    return query.where(User.id.in_(named))
