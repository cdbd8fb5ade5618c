"""The build of the pages: what is installed from has them, and no Node is needed where they are."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT

# What setuptools does for a frontend such as pip, without one.
BUILD = "from setuptools import build_meta; build_meta.build_{kind}({out!r})"
NOWHERE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_RETRIES": "0",
    "PIP_CONFIG_FILE": os.devnull,
}


def source(tmp_path: Path) -> Path:
    """A clean copy of what is committed or about to be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    copy = tmp_path / "source"
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")[:-1]:
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return copy


def build(kind: str, folder: Path, out: Path, **environ: str) -> str:
    """Build the sdist or the wheel of `folder` into `out`; what was said."""
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind=kind, out=str(out))],
        cwd=folder, env=dict(os.environ) | environ, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def pages(names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(("web/index.html", "web/dashboard.html.br"))}


@pytest.mark.slow
@pytest.mark.needs("git", "npm")
def test_what_is_built_needs_no_node(tmp_path: Path) -> None:
    """The sdist has the pages, and a wheel is made of it where there is neither Node nor an index."""
    said = build("sdist", source(tmp_path), tmp_path / "sdist")
    assert "KB gzip in all" in said
    (archive,) = (tmp_path / "sdist").iterdir()
    with tarfile.open(archive) as tar:
        assert len(pages(tar.getnames())) == 2
        assert not [name for name in tar.getnames() if "node_modules" in name]
        tar.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    build("wheel", unpacked, tmp_path / "wheel", PATH="/nowhere", **NOWHERE)
    (wheel,) = (tmp_path / "wheel").iterdir()
    assert len(pages(zipfile.ZipFile(wheel).namelist())) == 2


@pytest.mark.slow
@pytest.mark.needs("git")
def test_without_node_and_index(tmp_path: Path) -> None:
    """The server is installed all the same, and what is missing is said."""
    said = build("wheel", source(tmp_path), tmp_path / "wheel", PATH="/nowhere", **NOWHERE)
    assert "tornchat: the pages are not built, for there is no Node" in said
    (wheel,) = (tmp_path / "wheel").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert "tornchat/server.py" in names
    assert not pages(names)
