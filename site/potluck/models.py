"""Every table, for migrations to compare with."""

from potluck import pauses
from potluck.accounts import acts
from potluck.accounts import models as accounts
from potluck.billing import models as billing
from potluck.credits import models as credits_
from potluck.database import Base
from potluck.live import models as live
from potluck.rooms import capabilities
from potluck.rooms import models as rooms
from potluck.rooms import sheet_models as sheets

__all__ = [
    "Base",
    "accounts",
    "acts",
    "billing",
    "capabilities",
    "credits_",
    "live",
    "pauses",
    "rooms",
    "sheets",
]
