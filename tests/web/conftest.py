"""A small world with something in it that not everybody may see."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from pydantic import SecretStr
from sqlalchemy import select, text

from potluck.accounts import identities, sessions
from potluck.accounts.models import SessionRow
from potluck.billing.gateway import Gateway
from potluck.database import db
from potluck.rooms import pictures, rooms, rounds
from potluck.rooms.recipes import recipe
from potluck.settings import Settings
from tests.conftest import MODEL, SignInAs
from tests.credits import histories
from tests.people import Browser, make_user
from tests.rooms.sheet_people import made_sheet
from tests.web import fullness

BUY = text("""
    INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at)
    SELECT :user_id, id, credits, amount_minor, currency, now() + interval '1 hour'
    FROM packs WHERE slug = 'taster' RETURNING id
""")


STRIPE_KEY = "sk_test_of_nobody"
EVENT_ID = "evt_that_failed"
FAIL = text("""
    INSERT INTO stripe_events (id, type, payload, attempts)
    VALUES (:id, 'product.created', '{"data": {"object": {}}}', 1)
""")

DRAW = text("""
    INSERT INTO pictures (generation_id, name, media_type, width, height, size_bytes)
    VALUES (:id, :name, 'image/png', 1, 1, 9)
""")


@dataclass(frozen=True)
class World:
    """Ada's: she sits in a room with Ben, paid for a round, and began to buy credits.

    Her line for the next round is in.
    """

    room_code: str
    purchase_id: uuid.UUID
    hold_id: int
    identity_id: int
    session_id: int
    sheet_slug: str
    picture_name: str
    user_id: int
    generation_id: int

    def path(self, route: str) -> str:
        """The address of a rule as `ROUTES` names it, with what belongs to Ada filled in."""
        names = {
            "provider": "sandbox",
            "code": self.room_code,
            "purchase_id": self.purchase_id,
            "event_id": EVENT_ID,
            "slug": "withdrawn-long-ago",
            "hold_id": self.hold_id,
            "identity_id": self.identity_id,
            "session_id": self.session_id,
            "sheet_slug": self.sheet_slug,
            "number": 1,
            "name": self.picture_name,
            "user_id": self.user_id,
            "generation_id": self.generation_id,
            "what": "rounds",
        }
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(names[found[1]]), route.split()[1])


@pytest.fixture
def world(app: Flask, database: None) -> World:
    ada, ben = (make_user(name, credits=10_000).id for name in ("Ada", "Ben"))
    room = rooms.create_room([ada, ben])
    generation_id = histories.held_generation({ada: 30, ben: 30})
    histories.end_generation(generation_id, {ada: 7, ben: 6}, body="Once there was a frog.")
    sheet_slug = made_sheet(generation_id, [ada, ben])
    rounds.open_round(room, recipe("story"))
    rounds.contribute(room, user_id=ada, line="A frog.")
    purchase_id = db.session.execute(BUY, {"user_id": ada}).scalar_one()
    db.session.execute(FAIL, {"id": EVENT_ID})
    db.session.commit()
    return World(
        room.code,
        purchase_id,
        histories.hold_of(generation_id, ada),
        identity_id=identities.of_user(ada)[0].id,
        session_id=_signed_in_elsewhere(app, ada),
        sheet_slug=sheet_slug,
        picture_name=_picture(generation_id),
        user_id=ada,
        generation_id=generation_id,
    )


def _picture(generation_id: int) -> str:
    """One that was drawn in their first round."""
    name = f"{secrets.token_urlsafe(24)}.png"
    pictures.store().write(name, b"a picture")
    db.session.execute(DRAW, {"id": generation_id, "name": name})
    db.session.commit()
    return name


def _signed_in_elsewhere(app: Flask, user_id: int) -> int:
    token = secrets.token_urlsafe(32)
    with app.test_request_context(), db.engine.begin() as connection:
        sessions._insert(connection, token=token, user_id=user_id, data="{}", days=1)
    return db.session.scalars(select(SessionRow.id).filter_by(user_id=user_id)).one()


@pytest.fixture
def passer_by(app: Flask, settings: Settings, client: Browser) -> tuple[Browser, str]:
    """Nobody, in a browser that came by a good token for forms; and the token."""
    token = secrets.token_urlsafe(32)
    with app.test_request_context(), db.engine.begin() as connection:
        form_token = generate_csrf()
        data = json.dumps(dict(session))
        sessions._insert(connection, token=token, user_id=None, data=data, days=1)
    client.set_cookie(sessions.cookie_name(settings), token)
    return client, form_token


@pytest.fixture
def ada(app: Flask, world: World, client: Browser, sign_in_as: SignInAs) -> Iterator[Browser]:
    """Hers, where credits can be bought, several models write, and all that there is is shown."""
    before = app.extensions["stripe"], app.extensions["settings"]
    app.extensions["stripe"] = Gateway(STRIPE_KEY, api_url="http://127.0.0.1:9")
    named = {
        "stripe_secret_key": SecretStr(STRIPE_KEY),
        "openai_model": f"{MODEL},{fullness.SECOND_MODEL}",
        "openai_image_model": fullness.PAINTER,
    }
    app.extensions["settings"] = before[1].model_copy(update=named)
    fullness.fill(world)
    sign_in_as(client, "Ada")
    yield client
    app.extensions["stripe"], app.extensions["settings"] = before
