"""Setup intents: the record of a card being saved.

https://docs.stripe.com/api/setup_intents
"""

import stripe

from . import events
from .blanks import blank
from .ids import new_id
from .store import Body, Store

KIND = "setup_intent"


def new(store: Store, session: Body, data: Body) -> Body:
    """The setup intent of a new session; `data` is what the client said of it."""
    setup = blank(stripe.SetupIntent, kind=KIND, prefix="seti")
    setup |= {
        "client_secret": f"{setup['id']}_secret_{new_id('x')[2:]}",
        "customer": session["customer"],
        "description": data.get("description"),
        "metadata": data.get("metadata", {}),
        "payment_method_options": session["payment_method_options"],
        "payment_method_types": session["payment_method_types"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    store.add(setup, parent=session["id"])
    events.record(store, "setup_intent.created", setup)
    return setup
