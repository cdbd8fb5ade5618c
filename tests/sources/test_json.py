"""Reading without trust: times, numbers, links and texts of any shape."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tornchat.sources._json import MAX_TEXT, Json, origin_of

AT = int(datetime(2016, 8, 12, 15, 23, 28, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("2016-08-12 15:23:28 UTC", AT),
        ("2016-08-12T15:23:28Z", AT),
        ("2016-08-12T15:23:28.123Z", AT + 123),
        ("2016-08-12T15:23:28.123456789Z", AT + 123),
        ("2016-08-12T17:23:28+02:00", AT),
        ("2016-08-12 17:23:28 +0200", AT),
        (" 2016-08-12 15:23:28\n", AT),
        (AT // 1000, AT),
        (AT // 1000 + 0.5, AT + 500),
        (AT, AT),
        (str(AT // 1000), AT),
        ("2016-08-12T15: 23:28Z", None),
        ("2016-02-30T15:23:28Z", None),
        ("2016-08-12T15:23:28+99:99", None),
        ("2016-08-12", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00Z", None),  # Go's zero time
        ("0001-01-01T00:00:00+02:00", None),
        ("1970-01-01T01:00:00+01:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        (0, None),
        (-5, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_moment(value: object, ms: int | None) -> None:
    """All ways in which CIs write a time; what is none is absent, never an error."""
    assert Json(value).moment == ms


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 0), ("0", 0), (63, 63), (17.12345, 17.123), ("12.5", 12.5), (-1, None), (True, None), ("1e3", None)],
)
def test_seconds(value: object, seconds: float | None) -> None:
    """To the millisecond; a form has them as text."""
    assert Json(value).seconds == seconds


@pytest.mark.parametrize(
    ("value", "whole"),
    [(9001, 9001), ("9001", 9001), (1.5, 0), (-1, 0), (False, 0), (2**60, 0), ("x", 0), (None, 0)],
)
def test_whole(value: object, whole: int) -> None:
    """An id is a number that JavaScript knows exactly."""
    assert Json(value).whole == whole


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("https://gitlab.example.com/a?b=c#d", "https://gitlab.example.com/a?b=c#d"),
        (" http://gitea.example.com:3000/team/ä ", "http://gitea.example.com:3000/team/ä"),
        ("http://[::1]:4000", "http://[::1]:4000"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.com", ""),
        ("https://", ""),
        ("https://user:secret@example.com/", ""),
        ("https://example.com\\@evil.com", ""),
        ("https://example.com/a b", ""),
        ("https://example.com/\u202ea", ""),
        ('https://example.com/"onclick="x', ""),
        ("https://example.com/" + "x" * 2000, ""),
        (5, ""),
    ],
)
def test_link(value: object, link: str) -> None:
    """It becomes a link on a page: http and https, and no password."""
    assert Json(value).link == link


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("main", "main"),
        ("\n First \t line\r\nSecond", "First line"),
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("a\rb", "a"),
        ("a\u2028b\u202ec", "a\ufffdb\ufffdc"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        (812, "812"),
        (2**60, ""),
        (True, ""),
        (1.5, ""),
        ({}, ""),
    ],
)
def test_line(value: object, line: str) -> None:
    """The first line, cleaned and cut."""
    assert Json(value).line == line


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("Ana <ana.dev+x@mail.example.com>", "Ana <[e-mail]>"),
        ("x" * 195 + " ana@example.com", "x" * 195 + " [e-…"),
        ("Use a@2.0 of @scope/pkg@1.2.3", "Use a@2.0 of @scope/pkg@1.2.3"),
    ],
)
def test_prose(text: str, prose: str) -> None:
    """No address comes through, nor a part of one that was cut; a version is none."""
    assert Json(text).prose == prose


def test_what_is_not_there_is_nothing() -> None:
    """At any depth, whatever stands there instead."""
    values: list[object] = [None, 5, "x", [], {"a": []}]
    for value in values:
        assert Json(value)["a"]["b"]["c"].line == ""
        assert list(Json(value)["a"]["b"]) == []
    assert [item.whole for item in Json([1, "x", 3])] == [1, 0, 3]


def test_long_texts_are_cut_before_they_are_worked_on() -> None:
    """A body of 25 MB may be one text."""
    assert len(Json("a@" * 5_000_000).prose) == MAX_TEXT


def test_origin() -> None:
    """Where the sender is."""
    assert origin_of("https://gitlab.example.com:8443/a/b") == "https://gitlab.example.com:8443"
    assert origin_of("nowhere") == ""
