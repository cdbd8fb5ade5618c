"""Options: their order of precedence, and one clear sentence for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import ROOT
from tornchat import config
from tornchat.config import Config
from tornchat.errors import ConfigError


def write(path: Path, text: str) -> str:
    file = path / "conf.py"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_defaults() -> None:
    """Without a word: loopback, port 4000, in memory."""
    options = config.load([], {})
    assert options == Config()
    assert (options.address, options.port) == (("127.0.0.1", "::1"), 4000)


def test_later_wins(tmp_path: Path) -> None:
    """Default, file, environment, flag."""
    path = write(tmp_path, "port = 1\nheartbeat = 1\nwrite_timeout = 1\n")
    environ = {"TORNCHAT_HEARTBEAT": "2", "TORNCHAT_WRITE_TIMEOUT": "2", "HOME": "/"}
    options = config.load(["--config", path, "--write-timeout", "3"], environ)
    assert (options.port, options.heartbeat, options.write_timeout) == (1, 2, 3)


def test_platform_port() -> None:
    """PORT counts, and our own name for it counts more."""
    assert config.load([], {"PORT": "5000"}).port == 5000
    assert config.load([], {"PORT": "5000", "TORNCHAT_PORT": "5001"}).port == 5001


def test_platform_redis(tmp_path: Path) -> None:
    """REDIS_URL counts where nobody has said otherwise: it may be there for another program."""
    environ = {"REDIS_URL": "redis://host:6379"}
    assert config.load([], environ).broker == "redis://host:6379"
    path = write(tmp_path, "broker = 'memory://'")
    assert config.load(["--config", path], environ).broker == "memory://"
    assert config.load([], environ | {"TORNCHAT_BROKER": "memory://"}).broker == "memory://"
    assert config.load([], {"REDIS_URL": ""}).broker == "memory://"


@pytest.mark.parametrize(
    ("environ", "broker", "processes"),
    [
        ({}, "memory://", 1),
        ({"WEB_CONCURRENCY": "4"}, "memory://", 1),
        ({"REDIS_URL": "redis://h:1", "WEB_CONCURRENCY": "4"}, "redis://h:1", 4),
        ({"REDIS_URL": "rediss://:p@h:1"}, "rediss://:p@h:1?ssl_cert_reqs=none", 1),
    ],
)
def test_heroku(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], broker: str, processes: int) -> None:
    """What the platform sets is used: its Redis, and as many processes as it advises where they can share one."""
    for name in ("REDIS_URL", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    options = config.load(["--config", str(ROOT / "conf/heroku.py")], environ)
    assert (options.broker, options.processes) == (broker, processes)


@pytest.mark.parametrize("argv", [["--port", "4001"], ["--port=4001"], ["--port=1", "--port=4001"]], ids=" ".join)
def test_flags_with_and_without_equals(argv: list[str]) -> None:
    """Both spellings; of several the last."""
    assert config.load(argv, {}).port == 4001


def test_config_flag_with_and_without_equals(tmp_path: Path) -> None:
    """Tornado's own parser knows only one of them."""
    path = write(tmp_path, "port = 7")
    assert config.load(["--config", path], {}).port == 7
    assert config.load([f"--config={path}"], {}).port == 7


def test_underscores_and_dashes() -> None:
    """A flag may be spelled as the option is."""
    assert config.load(["--log_level=debug"], {}).log_level == "debug"
    assert config.load(["--log-level=debug"], {}).log_level == "debug"


def test_lists_and_numbers(tmp_path: Path) -> None:
    """A list is a list or commas; a whole number is a number."""
    path = write(tmp_path, "address = ['::1', '127.0.0.1']\nheartbeat = 3\n")
    assert config.load(["--config", path], {}).address == ("::1", "127.0.0.1")
    assert config.load(["--config", path], {}).heartbeat == 3.0
    assert config.load(["--address", "::1, 127.0.0.1,"], {}).address == ("::1", "127.0.0.1")


def test_file_may_compute(tmp_path: Path) -> None:
    """It is Python: imports and private names are its own business."""
    path = write(tmp_path, "import os\n_base = 4000\nport = _base + 1\n")
    assert config.load(["--config", path], {}).port == 4001


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["--prot", "1"], "unknown option --prot: did you mean --port?"),
        (["--prot=1"], "unknown option --prot: did you mean --port?"),
        (["--xyzzy"], "unknown option --xyzzy: --help lists the options"),
        (["serve"], "unknown option serve: --help lists the options"),
        (["--port"], "argument --port: expected one argument: --help lists the options"),
        (["--port", "abc"], "--port: port is 'abc': it must be a whole number"),
        (["--port", "-1"], "--port: port is -1: it must be 0 to 65535"),
        (["--port", "65536"], "--port: port is 65536: it must be 0 to 65535"),
        (["--heartbeat", "inf"], "--heartbeat: heartbeat is inf: it must be 0 to 1e+12"),
        (["--heartbeat", "nan"], "--heartbeat: heartbeat is nan: it must be 0 to 1e+12"),
        (["--heartbeat", "x"], "--heartbeat: heartbeat is 'x': it must be a number"),
        (["--log-level", "loud"], "log_level is 'loud': use one of debug, info, warning, error"),
    ],
)
def test_flag_mistakes(argv: list[str], error: str) -> None:
    """What is wrong, then the near match or the remedy."""
    with pytest.raises(ConfigError) as raised:
        config.load(argv, {})
    assert str(raised.value) == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("prot = 1", "{path}: unknown option prot: did you mean port?"),
        ("port = '4000'", "{path}: port is '4000': it must be a whole number"),
        ("port = True", "{path}: port is True: it must be a whole number"),
        ("heartbeat = True", "{path}: heartbeat is True: it must be a number"),
        ("address = 5", "{path}: address is 5: it must be a list"),
        ("address = [5]", "{path}: address is [5]: it must be a list"),
        ("broker = None", "{path}: broker is None: it must be text"),
        (
            "\nport = 1 +",
            "{path}, line 2: invalid syntax ({name}, line 2): it is Python, one NAME = value a line",
        ),
        ("\n\nport = 1 / 0", "{path}, line 3: division by zero: it is Python, one NAME = value a line"),
        (
            "import json\njson.loads('')",
            "{path}, line 2: Expecting value: line 1 column 1 (char 0): it is Python, one NAME = value a line",
        ),
    ],
)
def test_file_mistakes(tmp_path: Path, text: str, error: str) -> None:
    """The file and, where there is one, the line."""
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        config.load(["--config", path], {})
    assert str(raised.value) == error.format(path=path, name=Path(path).name)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there, or no text."""
    with pytest.raises(ConfigError, match=r"cannot read .*nope.py \(No such file or directory\)"):
        config.load(["--config", str(tmp_path / "nope.py")], {})
    (tmp_path / "latin.py").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"cannot read .*latin.py \(it is not UTF-8\)"):
        config.load(["--config", str(tmp_path / "latin.py")], {})


@pytest.mark.parametrize(
    ("environ", "error"),
    [
        ({"TORNCHAT_PROT": "1"}, "unknown option TORNCHAT_PROT: did you mean TORNCHAT_PORT?"),
        ({"TORNCHAT_PORT": "x"}, "TORNCHAT_PORT: port is 'x': it must be a whole number"),
        ({"PORT": ""}, "PORT: port is '': it must be a whole number"),
    ],
)
def test_environment_mistakes(environ: dict[str, str], error: str) -> None:
    """The variable is named as it is spelled."""
    with pytest.raises(ConfigError) as raised:
        config.load([], environ)
    assert str(raised.value) == error


def test_secrets_are_not_told(tmp_path: Path) -> None:
    """They come from the file or the environment, for a command line is seen by all; and no error repeats one."""
    options = config.load([], {"TORNCHAT_TOKENS": "one,two", "TORNCHAT_HOOK_SECRETS": "gitlab=a,github=b"})
    assert (options.tokens, options.hook_secrets) == (("one", "two"), ("gitlab=a", "github=b"))
    with pytest.raises(ConfigError, match="unknown option --tokens"):
        config.load(["--tokens=one"], {})
    with pytest.raises(ConfigError, match="notify_url is of another type: it must be text"):
        config.load(["--config", write(tmp_path, "notify_url = ['https://hooks.example/secret']")], {})


def test_truth() -> None:
    """As people spell it."""
    assert config.load(["--own-host=true"], {}).own_host is True
    assert config.load(["--own-host=no"], {}).own_host is False
    with pytest.raises(ConfigError, match="it must be True or False"):
        config.load(["--own-host=maybe"], {})


def test_what_is_only_for_the_file(tmp_path: Path) -> None:
    """Who may name a URL may make the server ask it."""
    path = write(tmp_path, "checks = [{'name': 'a', 'kind': 'tcp', 'target': 'db:5432'}]\nscrape = ['web1:9100']")
    options = config.load(["--config", path], {})
    assert ([check.name for check in options.checks], options.scrape) == (["a"], ("web1:9100",))
    for argv, environ in ((["--scrape=x"], {}), ([], {"TORNCHAT_SCRAPE": "x"})):
        with pytest.raises(ConfigError, match="unknown option"):
            config.load(argv, environ)


def test_help_lists_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """With its default."""
    with pytest.raises(SystemExit) as raised:
        config.load(["--help"], {})
    assert raised.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, option in config.OPTIONS.items():
        hidden = option.metadata["secret"] or option.metadata["file_only"]
        assert (f"--{name.replace('_', '-')} VALUE" in text) != hidden
    assert "Default: 127.0.0.1,::1." in text
    assert "Default: 4000." in text


def test_documentation_is_current() -> None:
    """docs/configuration.md is what `make docs` would write."""
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == config.markdown()


@pytest.mark.parametrize("path", sorted((ROOT / "conf").glob("*.py")), ids=lambda path: path.name)
def test_files_in_conf_load(path: Path) -> None:
    """What we ship is right."""
    config.load(["--config", str(path)], {})
