"""Metadata and extras. Tool settings live in pyproject.toml."""

import re
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

here = Path(__file__).parent
sys.path.insert(0, str(here))  # a build in isolation does not
import build_ui  # noqa: E402


class BuildPy(build_py):
    """With the pages; an editable install comes by here too."""

    def run(self) -> None:
        build_ui.build()
        super().run()


class SourceDistribution(sdist):
    """With the pages, so that who installs from it needs no Node."""

    def run(self) -> None:
        build_ui.build()
        super().run()


version = re.search(r'__version__ = "(.+)"', (here / "tornchat/__init__.py").read_text())
assert version is not None, "tornchat/__init__.py does not say __version__"

REDIS = ["redis[hiredis]>=8,<9"]  # brokers/_redis.py uses its connection without its client

DASHBOARD = ["psutil>=7"]  # this server's own host

setup(
    name="tornchat",
    version=version[1],
    description="A live message hub over plain HTTP: say it with curl, hear it everywhere.",
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["tornchat", "tornchat.*"]),
    package_data={"tornchat": ["py.typed", "web/*", "web/assets/*"]},
    cmdclass={"build_py": BuildPy, "sdist": SourceDistribution},
    install_requires=[
        "tornado>=6.6.1,<6.7",
        "httptools>=0.7",
        "standardwebhooks>=1.1,<2",
        "uvloop>=0.22; sys_platform != 'win32' and platform_python_implementation == 'CPython'",
    ],
    extras_require={
        "redis": REDIS,
        "dashboard": DASHBOARD,
        # pytest-tornasync 0.6 uses hooks that pytest 10 removes.
        "test": [
            *REDIS,
            *DASHBOARD,
            "glances>=4.5",  # an agent, with the client by which it writes Influx lines
            "influxdb-client>=1.50",
            "prometheus-client>=0.26",  # a whole parser, to compare ours with
            "trustme>=1.2",
            "pytest>=9,<10",
            "pytest-tornasync==0.6.0.post2",
            "hypothesis>=6.155",
            "coverage>=7.10",
            "httpx>=0.28",
            "httpx-sse>=0.4",
            "playwright>=1.55",
            "setuptools>=77",
        ],
        "lint": ["ruff==0.17.*", "mypy>=2.4", "import-linter>=2.16", "types-psutil>=7"],
    },
    entry_points={"console_scripts": ["tornchat = tornchat.__main__:main"]},
    classifiers=[
        "License :: OSI Approved :: MIT License",
        "Programming Language :: Python :: 3",
        "Topic :: Communications :: Chat",
    ],
)
