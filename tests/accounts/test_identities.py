"""Who somebody is here, given what a provider says of them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from potluck.accounts import providers
from potluck.accounts.identities import user_for
from potluck.accounts.models import Identity, User
from potluck.accounts.providers import Profile, ProviderFailed
from potluck.database import db
from tests.accounts.visits import made

AT_ONCE = 8


def somebody(provider: str, *, subject: str = "1", **claims: Any) -> Profile:
    """What `provider` says in its token."""
    told = {"sub": subject, "name": "Ada", "email": "ada@example.com", "email_verified": True}
    return providers._claims_profile(provider, told | claims)


def arrive(profile: Profile) -> int:
    """The id of whoever this turns out to be."""
    user_id = user_for(profile).id
    db.session.commit()
    return user_id


def arrive_at_once(app: Flask, *profiles: Profile) -> set[int]:
    """They all come at the same moment, each on a connection of their own."""
    barrier = threading.Barrier(len(profiles))
    found: list[int] = []

    def come(profile: Profile) -> None:
        with app.app_context():
            barrier.wait()
            found.append(arrive(profile))
            db.session.remove()

    threads = [threading.Thread(target=come, args=(profile,)) for profile in profiles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(profiles), "somebody was turned away"
    return set(found)


@pytest.mark.parametrize(
    ("first_vouches", "second_vouches", "people"),
    [(True, True, 1), (True, False, 2), (False, True, 2), (False, False, 2)],
)
def test_an_address_joins_two_identities_only_when_both_providers_vouch(
    database: None, *, first_vouches: bool, second_vouches: bool, people: int
) -> None:
    first = arrive(somebody("google", email_verified=first_vouches))
    second = arrive(somebody("discord", email_verified=second_vouches))
    assert len({first, second}) == people
    assert made()["users"] == people
    assert made()["identities"] == 2


def test_an_address_is_the_same_in_capitals(database: None) -> None:
    first = arrive(somebody("google", email="Ada@Example.COM"))
    assert arrive(somebody("discord", email=" ada@example.com ")) == first


@pytest.mark.parametrize("email", [None, ""])
def test_people_without_an_address_have_nothing_in_common(
    database: None, email: str | None
) -> None:
    first = arrive(somebody("google", email=email))
    assert arrive(somebody("discord", email=email)) != first


def test_the_same_subject_at_two_providers_is_two_people(database: None) -> None:
    first = arrive(somebody("google", subject="7", email=None))
    assert arrive(somebody("discord", subject="7", email=None)) != first


@pytest.mark.parametrize("said", ["true", 1, "yes", None])
def test_only_a_plain_yes_vouches_for_an_address(said: object) -> None:
    assert not somebody("google", email_verified=said).email_vouched


def test_microsoft_never_vouches_for_an_address(database: None) -> None:
    """Its tenants write any address they like into the claim."""
    victim = arrive(somebody("google"))
    assert arrive(somebody("microsoft", email_verified=True)) != victim


def test_somebody_whose_address_changes_at_the_provider_stays_who_they_are(database: None) -> None:
    first = arrive(somebody("google"))
    assert arrive(somebody("google", email="new@example.com", email_verified=False)) == first
    identity = db.session.scalars(select(Identity)).one()
    assert (identity.email, identity.email_vouched) == ("new@example.com", False)


def test_an_address_that_was_given_up_leads_nobody_into_the_account(database: None) -> None:
    first = arrive(somebody("google"))
    arrive(somebody("google", email="new@example.com"))
    assert arrive(somebody("discord")) != first


def test_two_first_sign_ins_at_the_same_moment_make_one_person(database: None, app: Flask) -> None:
    assert len(arrive_at_once(app, *[somebody("google")] * AT_ONCE)) == 1
    assert made() == {"users": 1, "identities": 1, "accounts": 1, "sessions": 0}


def test_two_providers_that_vouch_at_the_same_moment_make_one_person(
    database: None, app: Flask
) -> None:
    profiles = [somebody(f"provider-{n}", subject=str(n)) for n in range(AT_ONCE)]
    assert len(arrive_at_once(app, *profiles)) == 1
    assert made() == {"users": 1, "identities": AT_ONCE, "accounts": 1, "sessions": 0}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  Ada \t Okafor\n", "Ada Okafor"),
        ("A\x00d\x1b[31ma", "A d [31ma"),
        ("\u202eadA\u202c", "adA"),
        ("\u2066\u200f", "Somebody"),
        ("Zoë 🍲 李", "Zoë 🍲 李"),
        ("x" * 500, "x" * 80),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("\ud800", "Somebody"),
        ("", "Somebody"),
        (None, "Somebody"),
    ],
)
def test_every_name_becomes_something_presentable(
    database: None, given: str | None, shown: str
) -> None:
    user = db.session.get_one(User, arrive(somebody("google", name=given)))
    assert user.name == shown
    assert 1 <= len(user.initials) <= 2


def test_whoever_has_no_name_goes_by_the_one_they_sign_in_with() -> None:
    assert somebody("google", name="\u200f", preferred_username="ada").name == "ada"


@pytest.mark.parametrize("subject", [None, "", "x" * 256, "a\x00", "\ud800"])
def test_a_subject_that_cannot_be_kept_whole_is_nobody(subject: str | None) -> None:
    """Cut or mended, it could be somebody else's."""
    with pytest.raises(ProviderFailed):
        somebody("google", subject=subject)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "email", ["a\x00@example.com", "\ud800@example.com", 7, ["a"], "x" * 9_999]
)
def test_an_address_that_is_none_is_left_out(database: None, email: object) -> None:
    profile = somebody("google", email=email)
    arrive(profile)
    assert (profile.email, profile.email_vouched) == (None, False)
