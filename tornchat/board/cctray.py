"""The board as CCTray XML: what build monitors on a desk, a phone or a wall read.

See https://cctray.org/v1/. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

MEDIA_TYPE = "application/xml"

_ACTIVITY = {"running": "Building", "queued": "CheckingModifications", "waiting": "CheckingModifications"}
_STATUS = {"success": "Success", "warning": "Success", "failed": "Failure"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def encode(state: Mapping[str, Any]) -> bytes:
    """The document for a board's `state()`. A project without any pipeline is not in it: nothing builds there."""
    root = Element("Projects")
    for project in state["projects"].values():
        if project["pipelines"]:
            fields = {name: _NOT_XML.sub("\ufffd", text) for name, text in _fields(project).items() if text}
            SubElement(root, "Project", fields)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _fields(project: Mapping[str, Any]) -> dict[str, str]:
    """The last build is the newest that ended as the project's lamp says, so that the link leads to what failed."""
    newest = project["pipelines"][0]
    results = project["results"][::-1]
    alike = [result for result in results if result["status"] == project["status"]] or results
    last = alike[0] if alike else {}
    return {
        "name": project["project"],
        "activity": _ACTIVITY.get(project.get("active", ""), "Sleeping"),
        "lastBuildStatus": _STATUS.get(project["status"], "Unknown"),
        "lastBuildLabel": last.get("number", ""),
        "lastBuildTime": last.get("finished_at", newest["updated_at"]),
        "webUrl": last.get("url") or newest.get("url") or project.get("url", ""),
    }
