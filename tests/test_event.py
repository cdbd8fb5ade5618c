"""The rules for what may travel."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornchat.errors import InvalidEvent, TooLarge
from tornchat.event import Event, clean, is_id, message, rfc3339, timestamp


def say(**fields: object) -> Event:
    return message({"message": "hi"} | fields, max_bytes=100)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain text", "plain text"),
        ("a\nb\tc", "a\nb\tc"),
        ("a\r\nb\rc\n\rd", "a\nb\nc\n\nd"),
        ("\x00\x07\x0b\x0c\x1b[31m\x7f", "����" + "�[31m�"),
        ("\x85\x9b2J", "��2J"),
        ("\u2028\u2029", "��"),
        ("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "�" * 9),
        ("\ud800 \udfff", "� �"),
        ("👩‍👩‍👧 ❤️ שלום سلام हिन्दी 漢字 e\u0301 \u200e\u200f\u200b\ufeff", None),
    ],
)
def test_text_rule(text: str, cleaned: str | None) -> None:
    """What could forge a line or a command is replaced; every script and emoji is left alone."""
    assert clean(text) == (text if cleaned is None else cleaned)


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_stays_clean(text: str) -> None:
    """The rule holds of its own result, which UTF-8 can carry."""
    assert clean(clean(text)) == clean(text)
    assert clean(text).encode().decode() == clean(text)


def test_message_has_defaults() -> None:
    """A name or room that is missing, null or empty is the default."""
    for fields in ({}, {"name": None, "room": None}, {"name": "", "room": ""}, {"name": " \t"}):
        assert say(**fields) == Event("lobby", "message", {"name": "anonymous", "message": "hi"})


def test_message_keeps_its_text() -> None:
    """Space at the ends is text too."""
    assert say(message="  a \n", name=" b ").data == {"name": " b ", "message": "  a \n"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"message": None}, "message is missing or empty"),
        ({"message": ""}, "message is missing or empty"),
        ({"message": " \r\n"}, "message is missing or empty"),
        ({"message": 5}, "message is not text"),
        ({"name": ["a"]}, "name is not text"),
        ({"name": "x" * 65}, "name is longer than 64 characters"),
        ({"name": "*"}, "name begins with '* '"),
        ({"name": "* bye"}, "name begins with '* '"),
        ({"name": "*\tbye"}, "name begins with '* '"),
        ({"room": "a b"}, "'a b' is not a room"),
        ({"room": "é"}, "'\\xe9' is not a room"),
        ({"room": "*"}, "'*' is not a room"),
        ({"room": "x" * 65}, f"'{'x' * 40}' is not a room"),
        ({"room": "a\n"}, "'a\\n' is not a room"),
    ],
)
def test_message_refuses(fields: dict[str, object], error: str) -> None:
    """One clause says what is wrong, another what to do."""
    with pytest.raises(InvalidEvent) as raised:
        say(**fields)
    assert raised.value.error == error
    assert raised.value.remedy
    assert raised.value.status == 400


def test_message_is_measured_in_utf8() -> None:
    """The limit counts bytes, of the text as it is kept."""
    assert message({"message": "éé"}, max_bytes=4).data["message"] == "éé"
    with pytest.raises(TooLarge, match="longer than 3 bytes"):
        message({"message": "éé"}, max_bytes=3)


def test_longest_names_and_rooms_pass() -> None:
    """The limits are inclusive, and a star alone is no offence."""
    event = say(name="é" * 64, room="Az09._-/" * 8)
    assert event.room == "Az09._-/" * 8
    assert say(name="*star*").data["name"] == "*star*"


def test_json_has_the_envelope_first() -> None:
    """One line; what is not known yet is left out."""
    event = say(message="a\nü")
    assert event.json() == '{"room":"lobby","type":"message","name":"anonymous","message":"a\\nü"}'
    kept = event.kept("e-1", "2026-01-01T00:00:00.000Z")
    assert list(json.loads(kept.json())) == ["id", "room", "type", "at", "name", "message"]


def test_timestamps_are_rfc_3339() -> None:
    """In UTC, to the millisecond, and in the order of time."""
    before, now, later = timestamp(-86400), timestamp(), timestamp(0.5)
    assert before < now < later
    parsed = datetime.fromisoformat(now)
    assert now == parsed.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert abs(parsed - datetime.now(UTC)) < timedelta(seconds=10)


@pytest.mark.parametrize("id", ["0-0", "a1b2c3-42", "e-1700000000000-0", "0-" + "9" * 20])
def test_ids(id: str) -> None:
    """What a broker may give out."""
    assert is_id(id)


@pytest.mark.parametrize("id", ["", "7", "-1", "e--1", "e-1\n", "e-٣", "E-1", "a" * 33 + "-1", "e-" + "9" * 21])
def test_no_ids(id: str) -> None:
    """What cannot be one."""
    assert not is_id(id)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (0.9996, "1970-01-01T00:00:01.000Z"),
        (1_795_510_800.007, "2026-11-24T09:00:00.007Z"),
        (1_796_000_000.25, "2026-11-30T00:53:20.250Z"),
    ],
)
def test_any_moment(seconds: float, text: str) -> None:
    """To the nearest millisecond: what was one comes out as it went in."""
    assert rfc3339(seconds) == text
