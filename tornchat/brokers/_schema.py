"""The SQLite file itself: its tables, how it is opened, and what its errors mean to a person."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tornchat.errors import ConfigError

APPLICATION_ID = 0x746F726E  # "torn", in the file's header (SQLite file format, 1.3)
SCHEMA = 1
BUSY_SECONDS = 2.0  # how long a write waits for another process that has locked the file
WAL_BYTES = 16 * 1024 * 1024  # what a burst has made longer is cut to this at the next checkpoint

TABLES = """
CREATE TABLE epochs (began INTEGER NOT NULL, epoch TEXT NOT NULL UNIQUE);
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given out again, also when all is removed
    at TEXT NOT NULL, room TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX events_by_room ON events (room, sequence);
CREATE TABLE trimmed (room TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE keys (key TEXT PRIMARY KEY, at TEXT NOT NULL, receipts TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX keys_by_age ON keys (at);
"""
ADDED = (
    "CREATE TABLE IF NOT EXISTS saved (name TEXT PRIMARY KEY, data BLOB NOT NULL)"  # an older tornchat ignores it
)

# By the beginning of SQLite's name of the error (sqlite.org/rescode.html).
PROBLEMS = {
    "FULL": ("cannot grow, the disk is full", "make room; nothing else is to be done"),
    "READONLY": ("is read-only", "let the server write to it and its folder"),
    "BUSY": ("is locked by another process", "end what holds it"),
    "CANTOPEN": ("cannot be opened", "see that it and its folder exist and may be written to"),
    "CORRUPT": ("is damaged", "restore a backup, or move it away to begin anew"),
    "NOTADB": ("is damaged or no database", "restore a backup, or move it away to begin anew"),
}


def connect(path: Path, durability: str) -> sqlite3.Connection:
    """For writing; makes the file where there is none.

    Raises:
        ConfigError: the file is of another program or version.
        sqlite3.Error: it cannot be written to.
    """
    sql = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        new = _check(sql, path)
        if new:
            sql.execute("PRAGMA auto_vacuum = INCREMENTAL")  # works only before the first table
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        sql.execute(f"PRAGMA synchronous = {'FULL' if durability == 'power' else 'NORMAL'}")
        sql.execute("BEGIN IMMEDIATE")
        if new:
            for statement in TABLES.split(";\n"):
                sql.execute(statement)
            sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        sql.execute(ADDED)
        sql.execute(f"PRAGMA user_version = {SCHEMA}")  # always: it shows that one can write
        sql.execute("COMMIT")
    except BaseException:
        sql.close()
        raise
    return sql


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Beside a running server.

    Raises:
        ConfigError: the file is of another program or version.
        sqlite3.Error: it cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    sql = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _check(sql, path)
    except BaseException:
        sql.close()
        raise
    return sql


def explain(path: Path, error: Exception) -> tuple[str, str]:
    """What went wrong with the file, and what to do about it."""
    if isinstance(error, ConfigError):
        return error.error, error.remedy
    code = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
    for kind, (problem, remedy) in PROBLEMS.items():
        if code.startswith(kind):
            return f"{path} {problem}", remedy
    return f"{path} cannot be used ({error})", "see the disk and its log"


def pragma(sql: sqlite3.Connection, name: str) -> int:
    """The value of a numeric PRAGMA."""
    with closing(sql.execute(f"PRAGMA {name}")) as cursor:
        return int(cursor.fetchone()[0])


def _check(sql: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is new."""
    application, schema = pragma(sql, "application_id"), pragma(sql, "user_version")
    if (application, schema) == (0, 0) and not sql.execute("SELECT 1 FROM sqlite_schema").fetchone():
        return True
    if application != APPLICATION_ID:
        raise ConfigError(f"{path} is of another program", "give broker another file")
    if schema != SCHEMA:
        raise ConfigError(
            f"{path} has the tables of version {schema}, this tornchat reads {SCHEMA}",
            "use the tornchat that wrote it, or carry over what its `history` prints by `import`",
        )
    return False
