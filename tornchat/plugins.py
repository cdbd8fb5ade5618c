"""A file is its own registration: what lies in a plug-in folder is found, nothing is listed twice.

The plug-in folders are `formats`, `sources`, `brokers`, `handlers` and `engines`. Files whose name begins with `_`
are helpers of their neighbours.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from tornchat.errors import BadRequest, near_match


@cache
def names(package: str) -> tuple[str, ...]:
    """The plug-ins in a folder, sorted, such as `names("tornchat.formats")`."""
    path = import_module(package).__path__
    return tuple(sorted(m.name for m in iter_modules(path) if not m.name.startswith("_")))


def load(package: str, name: str) -> ModuleType:
    """The plug-in `name`. Only what `names` lists is imported, so a request cannot reach other code.

    Raises:
        BadRequest: there is none of that name; the remedy lists those that there are.
    """
    if name not in names(package):
        kind = package.rpartition(".")[2].removesuffix("s")
        remedy = near_match(name, names(package), f"use one of {', '.join(names(package))}")
        raise BadRequest(f"there is no {kind} {name[:40]!a}", remedy)
    return import_module(f"{package}.{name}")
