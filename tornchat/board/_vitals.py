"""Hosts and checks, as the board keeps them: the last word, and a check's last results."""

from __future__ import annotations

from tornchat.board._merge import Fields

RESULTS = 30  # of a check

_AGES = ("live", "stale", "offline")


def host(known: Fields | None, seen: Fields, at: str) -> Fields:
    """The host after an event of `at`. A newer sample replaces it; without one it can only have aged."""
    seen = {"seen_at": at, **seen}
    if known is None or seen["seen_at"] > known["seen_at"]:
        return seen
    age, known_age = _AGES.index(seen["state"]), _AGES.index(known["state"])
    return known if (seen["seen_at"], age) < (known["seen_at"], known_age) else known | seen


def check(known: Fields | None, seen: Fields, at: str) -> Fields:
    """The check after an event of `at`: its newest result, and the last ones by their time."""
    seen = {"checked_at": at, **seen}
    result = {"status": seen["status"], "at": seen["checked_at"]}
    if "latency" in seen:
        result["latency"] = seen["latency"]
    results = [] if known is None else known["results"]
    results = [*(other for other in results if other["at"] != result["at"]), result]
    results.sort(key=lambda result: str(result["at"]))
    newest = seen if known is None or seen["checked_at"] >= known["checked_at"] else known
    return newest | {"results": results[-RESULTS:]}
