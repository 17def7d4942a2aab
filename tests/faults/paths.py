"""What a path is: the same for all of them, so that another one is a class and a line."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

# What `prepare` made and the others need, as JSON: each of them runs in a process of its own.
Scene: TypeAlias = dict[str, Any]


def only_true(complaints: dict[str, bool]) -> list[str]:
    """Those complaints that apply."""
    return [complaint for complaint, applies in complaints.items() if applies]


class Path(Protocol):
    """Something that people or Potluck do, from one end to the other."""

    def prepare(self) -> Scene:
        """Makes fresh people, and brings them to where the path begins."""

    def run(self, scene: Scene) -> None:
        """The path itself, which is killed at each boundary in turn."""

    def has_arrived(self, scene: Scene) -> bool:
        """Whether it was walked to its end, where nobody was killed."""

    def recover(self, scene: Scene) -> None:
        """What happens anyway after a restart: sweeps, Stripe's repetition, people's return."""

    def complaints(self, scene: Scene) -> list[str]:
        """What is not as it should be in the end; the audit and open holds are looked at."""
