"""What retention has taken, and whether a listener missed some of it.

Retention takes the oldest events first, so what is kept is always one run of consecutive sequences. Of what
is gone, this remembers for each room the last sequence that was removed: enough to say whether a listener of
some rooms may have missed something, and mostly how much.
"""

from __future__ import annotations

from tornchat.brokers import Rooms
from tornchat.brokers._epochs import Epochs
from tornchat.event import Event

TRACKED_ROOMS = 10_000


class Trimmed:
    """The first sequence that is kept, and the last removed of each room.

    Where too many rooms were trimmed, those trimmed longest ago are forgotten; a room that is not known then
    counts as trimmed up to there.
    """

    def __init__(self, removed: dict[str, int] | None = None, first: int = 1, elsewhere: int = 0) -> None:
        self.first = first
        self.removed = removed or {}  # in the order of removal
        self.elsewhere = elsewhere

    def remove(self, room: str, sequence: int) -> None:
        """The oldest event, of `room`, is gone."""
        self.first = sequence + 1
        self.removed.pop(room, None)
        self.removed[room] = sequence
        if len(self.removed) > TRACKED_ROOMS:
            self.elsewhere = self.removed.pop(next(iter(self.removed)))

    def gap(self, after: int, rooms: Rooms, epochs: Epochs) -> list[Event]:
        """What a listener of `rooms` that heard up to the sequence `after` must be told, if anything."""
        if not self._lost(after, rooms):
            return []
        data = {"missed": self._missed(after, rooms)}
        return [Event("", "gap", data, epochs.place_id(self.first - 1))]

    def _lost(self, after: int, rooms: Rooms) -> bool:
        """Whether something of `rooms` that came after the sequence `after` may be gone."""
        if after >= self.first - 1:
            return False
        return rooms is None or any(self.removed.get(r, self.elsewhere) > after for r in rooms)

    def _missed(self, after: int, rooms: Rooms) -> int | None:
        """How many events of `rooms` after `after` are gone; None where it is not known.

        It is known where all that is gone since is of these rooms.
        """
        if rooms is not None:
            others = any(last > after and room not in rooms for room, last in self.removed.items())
            if others or self.elsewhere > after:
                return None
        return self.first - 1 - after
