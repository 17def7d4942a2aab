"""Amounts as people write them, and the minor units that Stripe counts in."""

from __future__ import annotations

import re
from decimal import Decimal
from http import HTTPStatus

from potluck import languages
from potluck.refusals import Refusal
from potluck.texts import gettext as _

# https://docs.stripe.com/currencies#minor-units: every other currency has two decimals. UGX is
# listed among those without, but its special case says that amounts have two, as for ISK.
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
TWO_DECIMAL = frozenset(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bmd bnd bob brl bsd bwp byn bzd cad cdf "
    "chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg "
    "huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur "
    "mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd "
    "scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs wst xcd "
    "yer zar zmw".split()
)
CURRENCIES = ZERO_DECIMAL | TWO_DECIMAL | THREE_DECIMAL
# By the decimal mark of who types. Where that is a comma, some keypads still have only a point,
# but one before three digits stands between thousands.
AMOUNTS = {
    ".": re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?"),
    ",": re.compile(r"[0-9]{1,12}(?:,[0-9]{1,3}|\.[0-9]{1,2})?"),
}
# Only those that stand for one currency to most people who see them.
SIGNS = {"eur": "€", "gbp": "£", "inr": "₹", "jpy": "¥", "krw": "₩", "usd": "$"}


def money(amount_minor: int, currency: str) -> str:
    """`$2.00` for 200 and `usd`, `¥500` for 500 and `jpy`, `12.00 CHF` for 1200 and `chf`.

    German has `2,00 $`, with a space at which no line is broken.
    """
    decimals = _decimals(currency)
    number = languages.number(Decimal(amount_minor).scaleb(-decimals), decimals)
    sign = SIGNS.get(currency)
    if languages.current() == languages.SOURCE:
        return f"{sign}{number}" if sign else f"{number} {currency.upper()}"
    return f"{number}\N{NO-BREAK SPACE}{sign or currency.upper()}"


def plain_amount(amount_minor: int, currency: str) -> str:
    """`2.00` for 200 and `usd`, in German `2,00`: as `minor_units` reads it."""
    decimals = _decimals(currency)
    plain = f"{Decimal(amount_minor).scaleb(-decimals):.{decimals}f}"
    return plain.replace(".", languages.marks().decimal)


class NotMoney(Refusal):
    """What was typed is no amount of that currency."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_amount"


def minor_units(amount: str, currency: str) -> int:
    """200 for `2`, `2.0` or `2.00` and `usd`, 500 for `500` and `jpy`; raises `NotMoney`.

    Whoever reads German may write `2,00`.
    """
    if currency not in CURRENCIES:
        message = _(
            "%(currency)s is not a currency that Stripe takes.", currency=currency.upper()[:3]
        )
        raise NotMoney(message, code="bad_currency")
    decimals = _decimals(currency)
    typed = amount.strip()
    example = money(5 * 10**decimals, currency)
    if not AMOUNTS[languages.marks().decimal].fullmatch(typed):
        message = _(
            "Write the amount as a plain number, like the one in %(example)s.", example=example
        )
        raise NotMoney(message)
    scaled = Decimal(typed.replace(",", ".")).scaleb(decimals)
    # https://docs.stripe.com/currencies#three-decimal: the last digit must be a zero.
    step = 10 if currency in THREE_DECIMAL else 1
    if scaled % step:
        message = _(
            "That is finer than %(currency)s goes. Write it like %(example)s.",
            currency=currency.upper(),
            example=example,
        )
        raise NotMoney(message)
    return int(scaled)


def _decimals(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2
