"""Every page that people come to, and every state of it that looks different."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from tests.browser.quality.house import House

EXPORTS_AN_HOUR = 5
TOO_LONG = "x" * 70_000
# A round costs nothing that anybody knows, so none can start.
NO_PRICES, PRICES = (
    f"SET session_replication_role = replica; UPDATE model_prices SET model = {name}"  # noqa: S608
    for name in ("model || '-gone'", "replace(model, '-gone', '')")
)
WAIT_LONG = "UPDATE pool_entries SET joined_at = now() - interval '1 minute'"
# As a bank transfer that is on its way: no card of the sandbox waits for long.
PROCESSING, OPEN = (
    f"SET session_replication_role = replica; UPDATE purchases "  # noqa: S608
    f"SET state = '{after}' WHERE state = '{before}'"
    for before, after in (("open", "processing"), ("processing", "open"))
)
SHEETS_AWAY, SHEETS_BACK = (
    f"ALTER TABLE {before} RENAME TO {after}"
    for before, after in (("sheets", "sheets_away"), ("sheets_away", "sheets"))
)

Act = Callable[[House], None]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody goes, and what is to be done before and after.

    `form` is sent there instead, from their page of credits. In `varies` every figure is another
    in every run.
    """

    name: str
    path: str
    who: str | None = None
    status: int = HTTPStatus.OK
    form: Mapping[str, str] | None = None
    is_furnished: bool = True
    varies: str | None = None
    before: Act | None = None
    after: Act | None = None


def _says(statement: str) -> Act:
    def say(house: House) -> None:
        house.sql(statement)

    return say


def _joins_the_pool(house: House) -> None:
    house.person("Ada").submit("/pool/join", page="/pool")


def _leaves_the_pool(house: House) -> None:
    house.person("Ada").submit("/pool/leave", page="/pool")


def _waits_long_in_the_pool(house: House) -> None:
    _joins_the_pool(house)
    house.sql(WAIT_LONG)


def _exports_often(house: House) -> None:
    for _ in range(EXPORTS_AN_HOUR):
        house.person("Max").get("/account/export")


BARE = (
    Place(name="landing-before-any-sheet", path="/", is_furnished=False),
    Place(name="gallery-empty", path="/gallery", is_furnished=False),
    Place(name="home-first-visit", path="/", who="Ben", is_furnished=False),
    Place(name="credits-empty", path="/credits", who="Ben", is_furnished=False),
    Place(
        name="operator-quiet",
        path="/admin",
        who="Ada",
        is_furnished=False,
        varies="main",
        before=House.wait_for_stripe,
    ),
)
DOORS = (
    Place(name="landing", path="/"),
    Place(name="sign-in", path="/sign-in"),
    Place(name="sign-in-invited", path="/sign-in?next=/rooms/abcdefgh"),
    Place(name="sign-in-failed", path="/sign-in/sandbox/callback", status=400),
    Place(name="home-without-credits", path="/", who="Ben"),
    Place(name="home-with-credits", path="/", who="Ada"),
    Place(name="home-with-a-room", path="/", who="Hana"),
    Place(
        name="home-without-a-model",
        path="/",
        who="Ada",
        before=_says(NO_PRICES),
        after=_says(PRICES),
    ),
    Place(name="pool-without-credits", path="/pool", who="Ben"),
    Place(name="pool", path="/pool", who="Ada"),
    Place(
        name="pool-joined", path="/pool", who="Ada", before=_joins_the_pool, after=_leaves_the_pool
    ),
    Place(
        name="pool-alone-for-long",
        path="/pool",
        who="Ada",
        before=_waits_long_in_the_pool,
        after=_leaves_the_pool,
    ),
)
ROOMS = (
    Place(name="room-new", path="{Noor}", who="Noor"),
    Place(name="room-collecting-host", path="{Chiyo}", who="Chiyo"),
    Place(name="room-generating", path="{Finn}", who="Finn"),
    Place(name="room-done", path="{Hana}", who="Hana"),
    Place(name="room-failed", path="{Jo}", who="Jo"),
    Place(name="room-closed", path="{Kim}", who="Kim"),
    Place(name="room-with-a-picture", path="{Lea}", who="Lea"),
    Place(name="room-join", path="{Chiyo}", who="Ada"),
    Place(name="room-join-from-another", path="{Chiyo}", who="Jo"),
    Place(name="room-full", path="{Hana}", who="Ada"),
    Place(name="room-watch", path="{Hana}/watch", who="Ada"),
    Place(name="room-collecting-guest", path="{Dara}", who="Dara"),
)
SHEETS = (
    Place(name="sheet-public", path="{sheet of Kim}"),
    Place(name="sheet-public-to-a-member", path="{sheet of Kim}", who="Ada"),
    Place(name="sheet-public-own", path="{sheet of Jo}", who="Jo"),
    Place(name="sheet-proposed", path="{sheet of Hana}", who="Ida"),
    Place(name="sheet-agreed", path="{sheet of Hana}", who="Hana"),
    Place(name="sheet-private", path="{Lea}/rounds/1/sheet", who="Lea"),
    Place(name="sheet-with-a-picture", path="{Lea}/rounds/2/sheet", who="Lea"),
    Place(name="sheets", path="/sheets", who="Lea"),
    Place(name="gallery", path="/gallery"),
    Place(name="gallery-to-a-member", path="/gallery?recipe=story", who="Ada"),
)
MONEY = (
    Place(name="credits", path="/credits", who="Hana"),
    Place(name="receipt", path="{receipt}", who="Hana"),
    Place(name="checkout-cancelled", path="{checkout}?cancelled=1", who="Ben"),
    Place(
        name="checkout-waiting",
        path="{checkout}",
        who="Ben",
        before=House.send_stripe_away,
        after=House.bring_stripe_back,
    ),
    Place(
        name="checkout-late",
        path="{checkout}?since=0",
        who="Ben",
        before=House.send_stripe_away,
        after=House.bring_stripe_back,
    ),
    Place(
        name="checkout-processing",
        path="{checkout}",
        who="Ben",
        before=_says(PROCESSING),
        after=_says(OPEN),
    ),
    Place(name="checkout-paid", path="{paid}", who="Ada"),
    Place(name="card", path="/billing/card", who="Ada"),
    Place(name="account", path="/account", who="Hana"),
    Place(name="account-deletion", path="/account/deletion", who="Hana"),
    Place(
        name="account-deletion-refused", path="/account/deletion", who="Hana", form={}, status=422
    ),
)
OPERATOR = tuple(
    Place(name=f"operator{name}", path=path, who="Ada", varies="main")
    for name, path in {
        "": "/admin",
        "-streams": "/admin/streams",
        "-holds": "/admin/holds",
        "-members": "/admin/members",
        "-member": "{member}",
        "-switches": "/admin/switches",
        "-trail": "/admin/trail",
        "-purchases": "/admin/purchases",
        "-purchase": "{purchase}",
        "-prices": "/admin/prices",
        "-models": "/admin/models",
        "-sheets": "/admin/sheets",
    }.items()
)
ERRORS = (
    Place(name="error-400", path="/account/name", who="Ada", form={"csrf_token": "no"}, status=400),
    Place(name="error-401", path="/account/name", form={}, status=401),
    Place(name="error-402", path="/pool/join", who="Ben", form={}, status=402),
    Place(name="error-403", path="{Dara}/seats", who="Dara", form={"seats": "2"}, status=403),
    Place(name="error-404", path="/nowhere", status=404),
    Place(name="error-404-member", path="/sheets/nowhere", who="Ada", status=404),
    Place(name="error-409", path="/pool/join", who="Dara", form={}, status=409),
    Place(name="error-413", path="/account/name", who="Ada", form={"name": TOO_LONG}, status=413),
    Place(name="error-422", path="{Chiyo}/seats", who="Chiyo", form={}, status=422),
    Place(name="error-429", path="/account/export", who="Max", status=429, before=_exports_often),
    Place(
        name="error-500",
        path="/sheets",
        who="Ada",
        status=500,
        before=_says(SHEETS_AWAY),
        after=_says(SHEETS_BACK),
    ),
    Place(
        name="error-503",
        path="/rooms",
        who="Ada",
        form={},
        status=503,
        before=_says(NO_PRICES),
        after=_says(PRICES),
    ),
)
PLACES = (*BARE, *DOORS, *ROOMS, *SHEETS, *MONEY, *OPERATOR, *ERRORS)
