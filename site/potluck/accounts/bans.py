"""An operator closes a member's account, and opens it again, or ends all their sessions.

Nothing is deleted: the session rows stay, and say why nobody is let in by them. The database tells
the live side as soon as it is committed.
"""

from __future__ import annotations

import click
from flask import Flask
from sqlalchemy import Select, delete, func, select

from potluck.accounts import acts
from potluck.accounts.models import Identity, SessionRow, User
from potluck.database import db

# More would be no number to the database.
ID_DIGITS_MAX = 18


def init_app(app: Flask) -> None:
    """Adds the commands to `flask`."""
    app.cli.add_command(ban)
    app.cli.add_command(unban)


@click.command()
@click.argument("who", metavar="EMAIL|USER_ID")
@click.option("--reason", default="", help="For the trail; the member doesn't see it.")
def ban(who: str, reason: str) -> None:
    """Shut somebody out, everywhere and at once. What they have stays theirs."""
    user = _user(who)
    shut_out(user, reason=reason)
    db.session.commit()
    click.echo(f"{user.name} (member {user.id}) is banned.")


@click.command()
@click.argument("who", metavar="EMAIL|USER_ID")
@click.option("--reason", default="", help="For the trail.")
def unban(who: str, reason: str) -> None:
    """Let somebody in again."""
    user = _user(who)
    let_in(user, reason=reason)
    db.session.commit()
    click.echo(f"{user.name} (member {user.id}) is let in again.")


def shut_out(user: User, *, reason: str) -> bool:
    """Shuts somebody out; False where they were. The caller commits, as below."""
    db.session.refresh(user, with_for_update=True)
    if user.banned_at is not None:
        return False
    user.banned_at = func.now()
    acts.note("ban", f"member {user.id}", member_id=user.id, reason=reason)
    return True


def let_in(user: User, *, reason: str) -> bool:
    """Lets somebody in again; False where they were not shut out."""
    db.session.refresh(user, with_for_update=True)
    if user.banned_at is None:
        return False
    user.banned_at = None
    acts.note("unban", f"member {user.id}", member_id=user.id, reason=reason)
    return True


def sign_out_everywhere(user: User, *, reason: str) -> int:
    """Ends all sessions of somebody, and with them their sockets; how many there were."""
    statement = delete(SessionRow).filter_by(user_id=user.id).returning(SessionRow.id)
    ended = len(db.session.scalars(statement).all())
    if ended:
        details = f"{ended} session" + ("s" if ended > 1 else "")
        subject = f"member {user.id}"
        acts.note("sign_out", subject, member_id=user.id, details=details, reason=reason)
    return ended


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
