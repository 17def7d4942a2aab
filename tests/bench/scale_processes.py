"""Many processes of Potluck's in one: each has its own copy of the modules that know a process.

Presence keeps what it knows in modules, since a process has one crowd. Imported again, the same
code has another crowd, another lease and other rows, on the same database.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

STATEFUL = ("processes", "presence", "crowd", "rows", "waiting")


class Clock:
    """What the copies take for `time`: beats follow each other as fast as the machine can."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """As the real one."""
        return self.seconds


class SimulatedProcess:
    """One process, and whoever is connected to it."""

    def __init__(self, clock: Clock) -> None:
        modules = _own_copies()
        self.processes, self.presence = modules["processes"], modules["presence"]
        self.crowd, self.rows = modules["crowd"], modules["rows"]
        self.waiting = modules["waiting"]
        for module in (self.presence, self.crowd):
            vars(module)["time"] = clock

    @property
    def unwritten(self) -> int:
        """How many rows are not what they should be."""
        return len(self.crowd._changed) + len(self.presence._changed)

    def connect(self, sid: str, *, person: str) -> None:
        """Somebody comes."""
        self.crowd.arrive(sid, person=person)

    def disconnect(self, sid: str) -> None:
        """They go."""
        self.crowd.depart(sid)
        self.presence.depart(sid)

    def hear(self, kind: str, **ids: int) -> None:
        """What the listener would call on this announcement."""
        if kind == "people":
            self.crowd.others_changed()
        elif kind == "presence":
            self.presence.room_changed(**ids)


def _own_copies() -> dict[str, ModuleType]:
    package = importlib.import_module("potluck.live")
    names = {name: f"potluck.live.{name}" for name in STATEFUL}
    kept = {name: importlib.import_module(names[name]) for name in STATEFUL}
    for name in STATEFUL:
        del sys.modules[names[name]]
        delattr(package, name)
    try:
        return {name: importlib.import_module(names[name]) for name in STATEFUL}
    finally:
        for name, module in kept.items():
            sys.modules[names[name]] = module
            setattr(package, name, module)
