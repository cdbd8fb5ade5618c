"""Ids: `<epoch>-<sequence>`, and which of them may be resumed from.

The sequence orders all events. Each start of a broker opens a new epoch, drawn at random, and records the
sequence at which it began. An id is valid only up to where the next epoch began: what an earlier life gave out
beyond that is not in this history (the store was wiped, exchanged or restored, or lost its end with the
power), and whoever comes with it must hear `reset`.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left

from tornchat.event import is_id


class Epochs:
    """All epochs of a history, oldest first, each with the last sequence before it."""

    def __init__(self, began: list[tuple[int, str]]) -> None:
        self._began = began

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Epochs) and self._began == other._began

    @staticmethod
    def draw() -> str:
        """A name that no other start has."""
        return secrets.token_hex(6)

    def event_id(self, sequence: int) -> str:
        """The id of the event, under the epoch in which it was kept."""
        index = bisect_left(self._began, (sequence, "")) - 1
        return f"{self._began[max(index, 0)][1]}-{sequence}"

    def place_id(self, sequence: int) -> str:
        """An id for the place behind an event, under the present epoch where that reaches back so far."""
        began, epoch = self._began[-1]
        return f"{epoch}-{sequence}" if sequence >= began else self.event_id(sequence)

    def sequence(self, id: str, last: int) -> int | None:
        """The sequence in an id that can be resumed from; None for any other text.

        Args:
            last: the newest sequence that there is.
        """
        if not is_id(id):
            return None
        epoch, _, digits = id.rpartition("-")
        sequence = int(digits)
        ends = [*(began for began, _ in self._began[1:]), last]
        for (began, name), end in zip(self._began, ends, strict=True):
            if name == epoch:
                return sequence if began <= sequence <= end else None
        return None
