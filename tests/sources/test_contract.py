"""What every source promises; a new file in `tornchat/sources` is tested here by itself.

EXAMPLES in payloads.py say what it reads.
"""

from __future__ import annotations

import base64
import copy
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.payloads import EXAMPLES, NOW, Payload, body, headers
from tornchat import plugins, sources
from tornchat.errors import BadRequest, Unauthorized
from tornchat.event import clean
from tornchat.run import KINDS, STATUSES, Run, event
from tornchat.sources import Source
from tornchat.sources._json import MAX_TEXT, MAX_URL

NAMES = plugins.names(sources.__name__)
CASES = [
    pytest.param(sources.named(name), fields, payload, id=f"{name}-{number}")
    for name in NAMES
    for number, (fields, payload) in enumerate(EXAMPLES[name])
]
SOURCES = [pytest.param(sources.named(name), id=name) for name in NAMES]

TEXTS = {
    "key", "kind", "source", "project", "project_url", "status", "raw_status", "parent", "name", "number", "stage",
    "ref", "ref_type", "sha", "title", "author", "environment", "reason", "event", "url",
}  # fmt: skip
HEADERS = ["X-Gitlab-Token", "X-Hub-Signature-256", "X-Gitea-Signature", "Authorization", "webhook-signature"]
TIMES = {"created_at", "started_at", "finished_at"}
SECONDS = {"duration", "queued"}
JOB = {
    "key", "id", "name", "stage", "status", "clock", "raw_status", "reason", "allow_failure", "url", "started_at",
    "finished_at", "duration", "queued",
}  # fmt: skip
FIELDS = TEXTS | TIMES | SECONDS | {"clock", "allow_failure", "attempt", "stages", "jobs"}

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400) | st.sampled_from(
    [
        "javascript:alert(1)",
        "https://u:p@h/",
        "https://h/" + "x" * 3000,
        "2026-13-99T99:99:99Z",
        "x" * 9999,
        "0",
        "-1",
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a payload: what it is in, and its key or index."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def observe(source: Source, fields: dict[str, str], payload: object) -> list[Run]:
    """The runs of it, each of which keeps the contract. A refusal is a 400."""
    try:
        runs = source.parse(headers(fields), body(payload), NOW).runs
    except BadRequest:
        return []
    for run in runs:
        check(dict(event(run, "ci").data))
    return runs


def check(data: dict[str, Any]) -> None:
    assert data.keys() <= FIELDS
    assert {"key", "kind", "source", "project", "status", "clock"} <= data.keys()
    assert data["kind"] in KINDS
    json.dumps(data, allow_nan=False).encode()
    jobs = data.get("jobs", [])
    assert len(jobs) <= 1000
    assert len(data.get("stages", [])) <= 100
    for thing in (data, *jobs):
        assert thing["status"] in STATUSES
        assert len(thing["clock"]) == 3
        assert all(type(number) is int and 0 <= number < 2**53 for number in thing["clock"])
        for name in TEXTS & thing.keys():
            harmless(name, thing[name])
        for name in TIMES & thing.keys():
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", thing[name])
        for name in SECONDS & thing.keys():
            assert 0 <= thing[name] < 2**53
    for job in jobs:
        assert job.keys() <= JOB
        assert {"key", "id", "status", "clock"} <= job.keys()
    for stage in data.get("stages", []):
        harmless("stage", stage)


def harmless(name: str, text: str) -> None:
    """One line, cleaned, of bounded length; a link only where a browser may follow it."""
    assert text
    assert clean(text) == text
    assert "\n" not in text
    if name in ("url", "project_url"):
        assert re.match(r"https?://[^/@]+(/|$)", text, re.IGNORECASE)
        assert len(text) <= MAX_URL + 100
    elif name in ("key", "parent"):
        assert len(text) <= MAX_URL + 5 * MAX_TEXT
    else:
        assert len(text) <= MAX_TEXT


@pytest.mark.parametrize(("source", "fields", "payload"), CASES)
def test_example_is_understood(source: Source, fields: dict[str, str], payload: Payload) -> None:
    """Each has a run, and the same run twice: what is sent again changes nothing."""
    first, second = observe(source, fields, payload), observe(source, fields, payload)
    assert len(first) == 1
    assert first == second


@pytest.mark.parametrize(("source", "fields", "payload"), CASES)
@settings(deadline=None)
@given(data=st.data())
def test_strange_payload_does_no_harm(
    source: Source, fields: dict[str, str], payload: Payload, data: st.DataObject
) -> None:
    """Whatever stands at any place of it: a run that keeps the contract, or none, or a 400."""
    strange = copy.deepcopy(payload)
    for _ in range(data.draw(st.integers(1, 4))):
        inside, key = data.draw(st.sampled_from(list(places(strange))))
        inside[key] = data.draw(ANY_JSON)
    observe(source, fields, strange)


@pytest.mark.parametrize("source", SOURCES)
@settings(deadline=None)
@given(payload=ANY_JSON, fields=st.dictionaries(st.sampled_from(["X-GitHub-Event", "X-Gitea-Event"]), ANY_TEXT))
def test_any_json_does_no_harm(source: Source, payload: object, fields: dict[str, str]) -> None:
    """Also where nothing of it is as expected."""
    try:
        source.parse(fields, body(payload), NOW)
    except BadRequest:
        pass


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000, b"a=b"])
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_not_json(source: Source, text: bytes) -> None:
    """400: it will not be better when it is sent again."""
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        with pytest.raises(BadRequest):
            source.parse(headers({"Content-Type": content_type}), text, NOW)


@pytest.mark.parametrize(("source", "fields", "payload"), CASES)
def test_no_secret_comes_through(source: Source, fields: dict[str, str], payload: Payload) -> None:
    """Neither variables, nor logs, nor addresses; not even where a person is called by one."""
    secret = copy.deepcopy(payload)
    secret["variables"] = secret["parameters"] = {"TOKEN": "hunter2"}
    for inside, key in list(places(secret)):
        if isinstance(inside, dict) and key in ("name", "login", "user_name", "author_name"):
            if not {"email", "author_email", "user_email"} & inside.keys():
                continue
            inside[key] = "eve@example.com"
        elif key in ("title", "message", "author", "commit_title", "display_title") and isinstance(
            inside[key], str
        ):
            inside[key] = "For eve@example.com"
    for run in observe(source, fields, secret):
        told = event(run, "ci").json()
        assert "hunter2" not in told
        assert "example.com" not in re.sub(r"https?://[a-z.]*example\.com", "", told)


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_proved_by_nothing(source: Source) -> None:
    """No header, an empty header, no secret, an empty secret, even if it signs right: refused in each case."""
    unkeyed = hmac.new(b"", b"{}", "sha256").hexdigest()
    standard = base64.b64encode(hmac.digest(b"", f"msg_1.{NOW:.0f}.{{}}".encode(), "sha256")).decode()
    for fields in (
        {},
        dict.fromkeys(HEADERS, ""),
        {"Authorization": "Bearer "},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": f"sha256={unkeyed}", "X-Gitea-Signature": unkeyed},
        {"webhook-id": "msg_1", "webhook-timestamp": f"{NOW:.0f}", "webhook-signature": f"v1,{standard}"},
    ):
        for secrets in ([], [""], ["whsec_"], ["secret"]):
            with pytest.raises(Unauthorized):
                source.verify(headers(fields), b"{}", secrets, NOW)


@pytest.mark.parametrize("source", SOURCES)
@settings(deadline=None)
@given(text=st.text(st.characters(max_codepoint=255)))
def test_any_header_is_only_refused(source: Source, text: str) -> None:
    """A header is from outside too."""
    fields = dict.fromkeys([*HEADERS, "webhook-id"], text)
    for timestamp in (text, "1795510860"):
        with pytest.raises(Unauthorized):
            source.verify(fields | {"webhook-timestamp": timestamp}, b"{}", ["whsec_c2VjcmV0", "whsec_x", "ü"], NOW)


@pytest.mark.parametrize("source", SOURCES)
def test_delivery_id_is_short(source: Source) -> None:
    """It is remembered."""
    ids = dict.fromkeys(["Idempotency-Key", "X-GitHub-Delivery", "X-Gitea-Delivery", "webhook-id"], "d" * 9999)
    assert 0 < len(source.delivery_id(headers(ids))) <= MAX_TEXT
    assert source.delivery_id(headers({})) == ""
