"""What Stripe knows about currencies.

https://docs.stripe.com/currencies, with the minimum charges of its table
"""

from decimal import Decimal

from . import errors

ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split(),
)
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
TWO_DECIMAL = frozenset(
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd "
    "cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd "
    "hnl htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt "
    "mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub "
    "sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd "
    "yer zar zmw".split(),
)
CURRENCIES = ZERO_DECIMAL | TWO_DECIMAL | THREE_DECIMAL

# In minor units. Elsewhere Stripe converts to the currency of the account's bank.
MINIMUMS = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
MINIMUM_ELSEWHERE = 1
AMOUNT_MAX = 99_999_999

SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩"}


def known(currency: str, path: str) -> str:
    """The currency in small letters, or a refusal naming the parameter at `path`."""
    currency = currency.lower()
    if currency not in CURRENCIES:
        supported = ", ".join(sorted(CURRENCIES))
        message = (
            f"Invalid currency: {currency}. Stripe currently supports these currencies: {supported}"
        )
        raise errors.invalid_value(path, message)
    return currency


def minimum(currency: str) -> int:
    return MINIMUMS.get(currency, MINIMUM_ELSEWHERE)


def formatted(amount: int, currency: str) -> str:
    """`€12.00` for 1200 minor units of `eur`; `12.00 CHF` where the symbol is not well known."""
    places = decimals(currency)
    number = f"{Decimal(amount).scaleb(-places):,.{places}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency.upper()}"


def decimals(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2
