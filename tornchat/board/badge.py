"""A status as a small SVG, for a README or a wiki. Pure.

Each colour stands 4.5:1 or more against its white text (WCAG 1.4.3), none is told from another by red and green
alone, and the word says it all without colour.
"""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width
from xml.etree.ElementTree import Element, SubElement, tostring

MEDIA_TYPE = "image/svg+xml"

LABEL_COLOUR = "#3b4148"
COLOURS = {  # after Okabe and Ito, darkened
    "success": "#007a59",
    "failed": "#b34700",
    "running": "#0072b2",
    "warning": "#8f6200",
    "waiting": "#9c4a7c",
    "queued": "#6b6f76",
    "cancelled": "#5c6066",
    "skipped": "#6b6f76",
    "unknown": "#5c6066",
}
_WORDS = {"success": "passed"}
_HEIGHT, _PADDING, _SIZE, _MOST = 20, 7, 11, 60
_NARROW = frozenset("fijlrtI.,:;|!'`()[]{}-/ ")
_WIDE = frozenset("mwMW@%")
_NOT_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2, without line ends


def encode(label: str, status: str) -> bytes:
    """`label` beside the word of a status; a status that we do not know is `unknown`."""
    status = status if status in COLOURS else "unknown"
    label, word = _short(_NOT_XML.sub("\ufffd", label)), _WORDS.get(status, status)
    left, right = (_width(text) + 2 * _PADDING for text in (label, word))
    size = {"width": str(left + right), "height": str(_HEIGHT)}
    named = {"role": "img", "aria-label": f"{label}: {word}", "font-family": "Verdana,DejaVu Sans,sans-serif"}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **named, "font-size": str(_SIZE)})
    SubElement(svg, "title").text = f"{label}: {word}"
    _part(svg, 0, left, LABEL_COLOUR, label)
    _part(svg, left, right, COLOURS[status], word)
    document: bytes = tostring(svg, encoding="utf-8")
    return document


def _part(svg: Element, x: int, width: int, colour: str, text: str) -> None:
    SubElement(svg, "rect", {"x": str(x), "width": str(width), "height": str(_HEIGHT), "fill": colour})
    # `textLength` makes the text as wide as reckoned, whatever font the reader has.
    place = {"x": str(x + _PADDING), "y": "14", "fill": "#fff", "textLength": str(width - 2 * _PADDING)}
    SubElement(svg, "text", place).text = text


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def _width(text: str) -> int:
    """About how many pixels wide `text` is in Verdana at `_SIZE`."""
    return max(1, round(sum(map(_character_width, text))))


def _character_width(character: str) -> float:
    if combining(character):
        return 0
    if east_asian_width(character) in "WF":
        return _SIZE
    if character in _NARROW:
        return _SIZE * 0.4
    return _SIZE * (0.95 if character in _WIDE else 0.65)
