"""The syntax of InfluxDB's line protocol: `measurement,tag=value field=value,field="text" timestamp`.

As its grammar has it (influxdata/line-protocol, line-protocol.ebnf): a backslash escapes a comma, a space and,
but for measurements, `=`; any other is itself. In quotes it escapes `"` and itself, and a quoted text may go over
several lines.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

# Everything is possessive: a match that fails must not be tried again with `\,` as a backslash and a comma.
_MEASUREMENT = r"(?:[^, \n\\]|\\[, ]?+)++"
_KEY = r"(?:[^,= \n\\]|\\[,= ]?+)++"
_TEXT = r'"(?:[^"\\]|\\.)*+"'
_NUMBER = r"-?[0-9]{1,19}i|[0-9]{1,20}u|-?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?+"
_BOOLEAN = r"true|True|TRUE|t|T|false|False|FALSE|f|F"
_FIELD = rf"{_KEY}=(?:{_TEXT}|{_NUMBER}|{_BOOLEAN})"

_NOTHING = re.compile(r"[ \t\r]*+(?:\#[^\n]*+)?+(?:\n|\Z)")


class _Part(NamedTuple):
    """A part of a line: what it is, what is wrong where it does not match, and how much of that is still right."""

    pattern: re.Pattern[str]
    fault: str
    right: re.Pattern[str]


_PARTS = (
    _Part(re.compile(rf"\ *+({_MEASUREMENT})"), "there is no measurement", re.compile("")),
    _Part(
        re.compile(rf"((?:,{_KEY}={_KEY})*+)(?=\ )"),
        "neither ,tag=value follows nor a space and a field",
        re.compile(rf"(?:,{_KEY}={_KEY})*+"),
    ),
    _Part(
        re.compile(rf"\ ++({_FIELD}(?:,{_FIELD})*+)(?=[ \r\n]|\Z)", re.DOTALL),
        "a field is not name=value with a number, a boolean or a quoted text",
        re.compile(rf"\ ++(?:{_FIELD},)*+", re.DOTALL),
    ),
    _Part(
        re.compile(r"(?:\ ++(-?[0-9]{1,19}))?+\ *+\r?+(?:\n|\Z)"),
        "the timestamp is no integer",
        re.compile(r"\ *+"),
    ),
)
_ONE_TAG = re.compile(rf",({_KEY})=({_KEY})")
_ONE_FIELD = re.compile(rf"({_KEY})=([^\",]++|{_TEXT}),?", re.DOTALL)
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_IN_NAME = re.compile(r"\\([, ])")
_ESCAPED_IN_TEXT = re.compile(r'\\(["\\])')

Value = float | str | bool


class Point(NamedTuple):
    """A line that is right. `time` is in the sender's precision, if there is one."""

    line: int
    measurement: str
    tags: dict[str, str]
    fields: dict[str, Value]
    time: int | None


class Fault(NamedTuple):
    """A line that is wrong."""

    line: int
    what: str
    near: str


def read(text: str, measurements: Container[str]) -> Iterator[Point | Fault]:
    """Each line whose measurement is one of `measurements`, and each one that is wrong.

    A measurement counts without what stands before its last dot, where Glances puts its prefix.
    """
    position, line = 0, 1
    while position < len(text):
        start = position
        if nothing := _NOTHING.match(text, position):
            position = nothing.end()
        else:
            groups: list[str | None] = []
            for part in _PARTS:
                match = part.pattern.match(text, position)
                if match is None:
                    wrong = part.right.match(text, position)
                    position = wrong.end() if wrong else position
                    yield Fault(line, part.fault, text[position : position + 40].partition("\n")[0])
                    position = (text.find("\n", position) + 1) or len(text)
                    break
                groups.append(match[1])
                position = match.end()
            else:
                point = _point(line, groups, measurements)
                if point is not None:
                    yield point
        line += text.count("\n", start, position)


def _point(line: int, groups: list[str | None], measurements: Container[str]) -> Point | None:
    head, tags, fields, time = groups
    assert head is not None
    assert tags is not None
    assert fields is not None
    measurement = _ESCAPED_IN_NAME.sub(r"\1", head).rpartition(".")[2]
    if measurement not in measurements:
        return None
    return Point(
        line,
        measurement,
        {_plain(key): _plain(value) for key, value in _ONE_TAG.findall(tags)},
        {_plain(key): _value(value) for key, value in _ONE_FIELD.findall(fields)},
        None if time is None else int(time),
    )


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _value(text: str) -> Value:
    if text[0] == '"':
        return _ESCAPED_IN_TEXT.sub(r"\1", text[1:-1])
    if text[0] in "tTfF":
        return text[0] in "tT"
    return float(text.rstrip("iu"))
