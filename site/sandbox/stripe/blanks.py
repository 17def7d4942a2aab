"""Objects with every field the SDK knows of, so that an answer is never short of one."""

import time

import stripe

from .ids import new_id
from .store import Body

# Left out until somebody asks for them with `expand`, or gone from the current API.
ABSENT = frozenset({"deleted", "line_items", "refunds", "sources", "subscriptions", "tax_ids"})


def blank(model: type[stripe.StripeObject], *, kind: str, prefix: str) -> Body:
    """A new object of `kind` with an id of its own and everything else null."""
    # The one class variable, in capitals, tells the SDK's kinds apart and is not sent.
    names = [name for name in model.__annotations__ if name.islower() and name not in ABSENT]
    fields: Body = dict.fromkeys(names)
    filled: Body = {"id": new_id(prefix), "object": kind, "created": int(time.time())}
    if "livemode" in fields:
        filled["livemode"] = False
    return {**fields, **{name: filled[name] for name in filled if name in fields}}
