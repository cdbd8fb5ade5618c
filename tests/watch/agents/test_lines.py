"""The line protocol's syntax, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as TheirPoint

from tornchat.watch.agents._lines import Fault, Point, Value, read


class Everything:
    """Every measurement is wanted."""

    def __contains__(self, name: object) -> bool:
        return True


def points(text: str) -> list[Point | Fault]:
    return list(read(text, Everything()))


@pytest.mark.parametrize(
    ("line", "measurement", "tags", "fields", "time"),
    [
        (b"m f=1", "m", {}, {"f": 1.0}, None),
        (b"m,t=v f=1 5", "m", {"t": "v"}, {"f": 1.0}, 5),
        (b"m f=1 -5\r\n", "m", {}, {"f": 1.0}, -5),
        (b"  m  f=1  5  \n", "m", {}, {"f": 1.0}, 5),
        # Escapes: a comma and a space everywhere, `=` but for the measurement; other backslashes are themselves.
        (rb"a\,b\ c\=d f=1", r"a,b c\=d", {}, {"f": 1.0}, None),
        (rb"m,t\,1\ 2\=3=v\,4\ 5\=6 f=1", "m", {"t,1 2=3": "v,4 5=6"}, {"f": 1.0}, None),
        (rb"m f\,1\ 2\=3=1", "m", {}, {"f,1 2=3": 1.0}, None),
        (rb"m,t=C:\dir f=1", "m", {"t": "C:\\dir"}, {"f": 1.0}, None),
        (rb"m,t=a\\,b f=1", "m", {"t": "a\\,b"}, {"f": 1.0}, None),
        (b"a=b f=1", "a=b", {}, {"f": 1.0}, None),
        (b'm,t="q" f=1', "m", {"t": '"q"'}, {"f": 1.0}, None),  # quotes are text, but for fields
        (b"m,t=a#b f=1", "m", {"t": "a#b"}, {"f": 1.0}, None),
        ("m,t=é f=1".encode(), "m", {"t": "é"}, {"f": 1.0}, None),
        # Quoted texts: only `"` and `\` are escaped; all else is text, and a line may end there.
        (b'm f="a b,c=d"', "m", {}, {"f": "a b,c=d"}, None),
        (rb'm f="say \"hi\"",g="C:\\dir\x",h=""', "m", {}, {"f": 'say "hi"', "g": r"C:\dir\x", "h": ""}, None),
        (rb'm f="\\" 5', "m", {}, {"f": "\\"}, 5),
        (b'm f="one\ntwo",g=2 5\n', "m", {}, {"f": "one\ntwo", "g": 2.0}, 5),
        # Numbers and booleans.
        (b"m a=1i,b=-1i,c=18446744073709551615u", "m", {}, {"a": 1.0, "b": -1.0, "c": 2.0**64}, None),
        (b"m a=1.5,b=-.5,c=2.,d=1e3", "m", {}, {"a": 1.5, "b": -0.5, "c": 2.0, "d": 1e3}, None),
        (b"m a=1.5E-2,b=1e+3", "m", {}, {"a": 0.015, "b": 1e3}, None),
        (b"m a=t,b=T,c=true,d=True,e=TRUE", "m", {}, dict.fromkeys("abcde", True), None),
        (b"m a=f,b=F,c=false,d=False,e=FALSE", "m", {}, dict.fromkeys("abcde", False), None),
        # What stands before the last dot is a prefix.
        (b".cpu f=1", "cpu", {}, {"f": 1.0}, None),
        (b"a.b.cpu f=1", "cpu", {}, {"f": 1.0}, None),
    ],
)  # fmt: skip
def test_a_right_line(
    line: bytes, measurement: str, tags: dict[str, str], fields: dict[str, Value], time: int | None
) -> None:
    """Each escape and each type of value, as the protocol's grammar has them."""
    assert points(line.decode()) == [Point(1, measurement, tags, fields, time)]


@pytest.mark.parametrize("text", ["", "\n", "\r\n", "# cpu x=1", "  # a\n\n\t\n#", " "])
def test_nothing(text: str) -> None:
    """Empty lines and comments say nothing, and are no mistake."""
    assert points(text) == []


@pytest.mark.parametrize(
    ("line", "what", "near"),
    [
        (",t=v f=1", "measurement", ",t=v f=1"),
        ("m", "tag", ""),
        ("m,t f=1", "tag", ",t f=1"),
        ("m,a=b,t= f=1", "tag", ",t= f=1"),
        ("m,t=a=b f=1", "tag", "=b f=1"),
        ("m ", "field", ""),
        ("m f", "field", "f"),
        ("m f=", "field", "f="),
        ("m f=1,g=oops 5", "field", "g=oops 5"),
        ("m f=1i5", "field", "f=1i5"),
        ("m f=0x1", "field", "f=0x1"),
        ("m f=NaN", "field", "f=NaN"),
        ("m f=truer", "field", "f=truer"),
        ("m f=99999999999999999999i", "field", "f=99999999999999999999i"),
        ('m f="a', "field", 'f="a'),
        ('m f="a"b', "field", 'f="a"b'),
        (r'm f="a\"', "field", r'f="a\"'),
        ("m f=1 1.5", "timestamp", "1.5"),
        ("m f=1 5 6", "timestamp", "5 6"),
        ("m f=1 99999999999999999999", "timestamp", "99999999999999999999"),
    ],
)
def test_a_wrong_line(line: str, what: str, near: str) -> None:
    """It is named, with what is wrong, and where; and the next line is read all the same."""
    fault, point = points(f"{line}\nm f=1")
    assert isinstance(fault, Fault)
    assert what in fault.what
    assert (fault.line, fault.near) == (1, near)
    assert point == Point(2, "m", {}, {"f": 1.0}, None)


def test_lines_are_counted_as_an_editor_does() -> None:
    """A quoted text over several lines, a comment and a mistake do not put the count out."""
    found = points('m f="1\n2\n3"\n# 4\n\noops\n\nm f=1\n')
    assert [point.line for point in found] == [1, 6, 8]


def test_text_of_a_wrong_line_is_not_read_as_lines() -> None:
    """What stands in quotes may be anybody's, such as a process's name: it must not become a host's numbers."""
    assert [type(point) for point in points('m f="\ncpu,host=web1 usage_idle=0\n",g=oops')] == [Fault]


def test_only_what_is_wanted() -> None:
    """Most of what an agent writes is of no interest, and costs no more than to be looked over."""
    assert [point.line for point in read("disk f=1\ncpu f=1\nx.cpu f=1", {"cpu"})] == [2, 3]


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\\#."), min_size=1)
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(TEXT, st.dictionaries(TEXT, TEXT), st.dictionaries(TEXT, VALUES, min_size=1), st.integers(0, 2**63 - 1))
def test_what_influxdbs_client_writes_is_read(
    measurement: str, tags: dict[str, str], fields: dict[str, Value], time: int
) -> None:
    """Whatever the text: their escapes are ours."""
    theirs: Any = TheirPoint(measurement)  # type: ignore[no-untyped-call]
    theirs.time(time)
    for name, tag in tags.items():
        theirs.tag(name, tag)
    for name, value in fields.items():
        theirs.field(name, value)
    assert points(theirs.to_line_protocol()) == [Point(1, measurement, tags, fields, time)]


@given(st.text(st.sampled_from('ab,= \\"\n\r#1i-.eT5')))
def test_any_text(text: str) -> None:
    """It is read to its end, whatever it is, and each of its lines is accounted for at most once."""
    lines = [point.line for point in points(text)]
    assert lines == sorted(set(lines))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)
