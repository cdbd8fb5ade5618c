"""One line of curl becomes a run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.payloads import NOW, SHA, body, generic, headers
from tornchat.errors import BadRequest, InvalidEvent, Unauthorized
from tornchat.run import event
from tornchat.sources import generic as source

ARRIVED = "2026-11-24T09:01:00.000Z"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def one(text: bytes, fields: dict[str, str] = FORM, now: float = NOW) -> dict[str, Any]:
    """The data of the only event that comes of it."""
    [run] = source.parse(headers(fields), text, now).runs
    return dict(event(run, "ci").data)


def test_two_fields_suffice() -> None:
    """The shortest line that a script can send."""
    assert one(b"project=shop/web&status=success") == {
        "key": "generic||shop/web|pipeline|",
        "kind": "pipeline",
        "source": "generic",
        "project": "shop/web",
        "status": "success",
        "clock": [int(NOW * 1000), 3, 0],
        "finished_at": ARRIVED,
    }
    assert one(b"project=a&status=running")["started_at"] == ARRIVED
    assert one(b"project=a&status=queued")["created_at"] == ARRIVED


def test_all_fields() -> None:
    """What a script knows; the duration comes of the times."""
    assert one(body(generic()), JSON) == {
        "key": "generic||shop/web|pipeline|b-812",
        "kind": "pipeline",
        "source": "generic",
        "project": "shop/web",
        "project_url": "https://git.example.com/shop/web",
        "status": "success",
        "raw_status": "passed",
        "clock": [int(NOW * 1000), 3, 0],
        "number": "812",
        "name": "nightly",
        "ref": "main",
        "sha": SHA[:12],
        "title": "Add basket",
        "author": "Ana Dev",
        "environment": "staging",
        "reason": "all is well",
        "event": "schedule",
        "url": "https://ci.example.com/812",
        "created_at": "2026-11-24T09:00:00.000Z",
        "started_at": "2026-11-24T09:00:01.000Z",
        "finished_at": "2026-11-24T09:00:31.000Z",
        "duration": 30,
        "queued": 1,
    }


@pytest.mark.parametrize(
    ("ci", "words", "status"),
    [
        ("any", "success passed ok succeeded", "success"),
        ("any", "failed failure error broken", "failed"),
        ("any", "running started in_progress", "running"),
        ("Jenkins", "SUCCESS", "success"),
        ("Jenkins", "UNSTABLE", "warning"),
        ("Jenkins", "FAILURE", "failed"),
        ("Jenkins", "ABORTED", "cancelled"),
        ("Jenkins", "NOT_BUILT", "skipped"),
        ("CircleCI", "success", "success"),
        ("CircleCI", "failed error unauthorized", "failed"),
        ("CircleCI", "canceled", "cancelled"),
        ("CircleCI", "not_run", "skipped"),
        ("CircleCI", "on_hold", "waiting"),
        ("a shell", "0", "success"),
        ("a shell", "1 127 255", "failed"),
        ("Buildkite", "creating", "queued"),
        ("Buildkite", "running failing canceling", "running"),
        ("Buildkite", "blocked", "waiting"),
        ("Drone", "pending waiting_on_dependencies", "queued"),
        ("Drone", "failure error declined", "failed"),
        ("Drone", "killed", "cancelled"),
        ("Concourse", "succeeded", "success"),
        ("Concourse", "errored", "failed"),
        ("Travis", "Passed Fixed", "success"),
        ("Travis", "Still%20Failing", "failed"),
    ],
)
def test_words_of_other_cis(ci: str, words: str, status: str) -> None:
    """A recipe sends the word that its CI has in a variable."""
    for word in words.split():
        assert one(f"project=a&status={word}".encode())["status"] == status


def test_unknown_word() -> None:
    """Refused, as a script can be corrected; with the word that was meant."""
    with pytest.raises(InvalidEvent, match=r"there is no status 'sucess': did you mean success\?"):
        one(b"project=a&status=sucess")
    with pytest.raises(InvalidEvent, match="use one of failed, warning, running"):
        one(b"project=a&status=qwertz")
    with pytest.raises(InvalidEvent, match="or an exit code"):
        one(b"project=a&status=1000")
    with pytest.raises(InvalidEvent, match=r"there is no kind 'deploymnt': did you mean deployment\?"):
        one(b"project=a&status=ok&kind=deploymnt")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"project=a",
        b"status=ok",
        b"project=&status=ok",
        b'{"project": "a", "status": true}',
        b'{"status": "ok"}',
    ],
)
def test_missing(text: bytes) -> None:
    """Refused, saying what."""
    with pytest.raises(InvalidEvent, match="is missing or no text"):
        one(text)


@pytest.mark.parametrize("text", [b"[]", b"5", b"nonsense", b"{", b"\xff"])
def test_no_object(text: bytes) -> None:
    """Refused."""
    with pytest.raises(BadRequest):
        one(text, JSON)


def test_json_that_says_it_is_a_form() -> None:
    """`curl -d '{…}'` sends it so."""
    assert one(b' {"project": "a", "status": "ok"}', FORM)["project"] == "a"


def test_too_many_fields() -> None:
    """Refused, before they are read."""
    with pytest.raises(BadRequest, match="at most 100 fields"):
        one(b"project=a&status=ok" + b"&a=1" * 200)


def test_what_is_said_last_counts() -> None:
    """Though `date` gives whole seconds, and a CI's clock is behind: a run must not hang in `running` for that."""
    running = one(b"project=a&status=running&number=7", now=NOW + 0.5)
    done = one(b"project=a&status=ok&number=7&finished_at=2026-11-24T09:01:00Z", now=NOW + 0.9)
    assert running["key"] == done["key"]
    assert running["clock"] < done["clock"]


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (b"id=x&number=7&name=n", "x"),
        (b"number=7&sha=abc&ref=main", "7"),
        (b"sha=abc&ref=main&name=nightly", "nightly/abc"),
        (b"ref=main", "main"),
        (b"kind=deployment&environment=staging&sha=abc", "staging/abc"),
    ],
)
def test_id(text: bytes, id: str) -> None:
    """What tells runs apart, so that a running one and its end are the same."""
    keys = {one(b"project=a&status=" + status + b"&" + text)["key"] for status in (b"running", b"ok")}
    assert [key.rpartition("|")[2] for key in keys] == [id]


def test_bearer() -> None:
    """Each of the secrets that are valid now."""
    for value in ("Bearer new", "bearer  new "):
        source.verify(headers({"Authorization": value}), b"", ["old", "new"], NOW)
    for value in ("", "Bearer", "Bearer ", "Bearer ne", "Basic bmV3", "new"):
        with pytest.raises(Unauthorized):
            source.verify(headers({"Authorization": value}), b"", ["old", "new", ""], NOW)


def test_delivery_id() -> None:
    """By either of the names that it has."""
    assert source.delivery_id(headers({"webhook-id": "a", "Idempotency-Key": "b"})) == "a"
    assert source.delivery_id(headers({"Idempotency-Key": "b"})) == "b"
