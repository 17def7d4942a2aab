"""Identifiers that look like Stripe's: a prefix that tells the kind, then random letters."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
LENGTHS = {"cs_test": 58, "req": 14}
LENGTH_DEFAULT = 24


def new_id(prefix: str) -> str:
    length = LENGTHS.get(prefix, LENGTH_DEFAULT)
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(length))
