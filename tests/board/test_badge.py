"""The badge: readable by everybody, and harmless."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tornchat.board import badge
from tornchat.run import STATUSES

SVG = "{http://www.w3.org/2000/svg}"


def read(label: str, status: str) -> ElementTree.Element:
    return ElementTree.fromstring(badge.encode(label, status))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [badge.LABEL_COLOUR, *badge.COLOURS.values()])
def test_text_stands_out(colour: str) -> None:
    """White on each colour, 4.5:1 at least."""
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_every_status_has_its_colour() -> None:
    """None is forgotten."""
    assert badge.COLOURS.keys() == set(STATUSES)


@pytest.mark.parametrize(
    ("status", "word"), [("success", "passed"), ("failed", "failed"), ("running", "running"), ("odd", "unknown")]
)
def test_words(status: str, word: str) -> None:
    """The status is said in a word, also to a screen reader: never by colour alone."""
    svg = read("shop/web", status)
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["shop/web", word]
    assert svg.findtext(f"{SVG}title") == f"shop/web: {word}" == svg.get("aria-label")
    assert svg.get("role") == "img"


@pytest.mark.parametrize("label", ["", "a", "shop/web", "WWWW/mmmm", "商店/网站", "e\u0301" * 5, "x" * 500])
def test_parts_fit(label: str) -> None:
    """Both parts fill the width, and their texts stay inside."""
    svg = read(label, "failed")
    left, right = svg.iter(f"{SVG}rect")
    assert int(left.get("width", 0)) == int(right.get("x", 0))
    assert int(svg.get("width", 0)) == int(left.get("width", 0)) + int(right.get("width", 0)) < 1000
    for part, text in zip((left, right), svg.iter(f"{SVG}text"), strict=True):
        assert int(text.get("x", 0)) + int(text.get("textLength", 0)) < int(part.get("x", 0)) + int(
            part.get("width", 0)
        )


def test_width_follows_the_text() -> None:
    """Wide letters take more room than narrow ones."""
    narrow, wide = (int(read(text, "failed").get("width", 0)) for text in ("illi", "MWMW"))
    assert narrow < wide


def test_hostile_labels_stay_text() -> None:
    """No markup, and no character that XML cannot hold."""
    svg = read("<script>&\"'\x00\n\ud800", "failed")
    assert [child.tag for child in svg] == [f"{SVG}{tag}" for tag in ("title", "rect", "text", "rect", "text")]
    assert next(svg.iter(f"{SVG}text")).text == "<script>&\"'\ufffd\ufffd\ufffd"
