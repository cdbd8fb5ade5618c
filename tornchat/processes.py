"""Several workers on one port, started, watched and stopped by a parent that does nothing else.

The parent binds the port and forks before any loop runs, so all workers accept from one queue: when one stops or
dies, what waits in it is for the others. A worker that dies is replaced. One whose parent dies stops by itself.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import FrameType

from tornchat.errors import CANNOT_START, TornchatError, report

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
STEADY_SECONDS = 10.0  # a worker that lived so long was well
AGAIN_SECONDS = (0.1, 10.0)  # until a dead worker is replaced: at first, and at the most
GRACE_SECONDS = 5.0  # beyond `drain_seconds`, for a worker that hangs

Work = Callable[[Callable[[], None], int], None]


@dataclass(slots=True)
class Worker:
    """One process, or the place of one that died."""

    pid: int = 0
    ready: int = -1  # a pipe's end from which a byte comes once it serves
    serves: bool = False
    began: float = 0.0
    deaths: int = 0  # in a row
    due: float = 0.0  # when it is to be started


class Parent:
    """Keeps `count` workers alive until SIGTERM or SIGINT, which it passes on; a second one ends them at once.

    Args:
        work: what a worker does: it calls its first argument once it serves, and stops when its second, a
            descriptor, becomes readable.
        sockets: what the workers listen on; closed when they are to stop.
        greet: called once all serve.
        drain_seconds: how long a stop may take.
    """

    def __init__(
        self, work: Work, count: int, sockets: list[socket.socket], greet: Callable[[], None], drain_seconds: float
    ) -> None:
        self._work = work
        self._sockets = sockets
        self._greet = greet
        self._patience = drain_seconds + GRACE_SECONDS
        self._workers = [Worker() for _ in range(count)]
        self._alive, self._life = os.pipe()  # at the end of the parent, whoever reads `_alive` sees its end
        self._signals: list[int] = []
        self._stop_at: float | None = None
        self._greeted = False
        self._code = 0

    def run(self) -> int:
        """The exit code: that of a worker that could not start at all, else 0 after a clean stop."""
        wakeup, waker = socket.socketpair()
        for sock in (wakeup, waker):
            sock.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        self._selector = selectors.DefaultSelector()
        self._selector.register(wakeup, selectors.EVENT_READ)
        while True:
            self._start_due()
            for key, _ in self._selector.select(self._until_due()):
                if isinstance(key.data, Worker):
                    self._is_ready(key.data)
                else:
                    wakeup.recv(4096)
            self._reap()
            self._pass_on()
            if self._stop_at is not None:
                if not any(worker.pid for worker in self._workers):
                    return self._code
                if monotonic() > self._stop_at:
                    logger.error("a worker does not stop within %g s, and is killed", self._patience)
                    self._kill(signal.SIGKILL)
                    self._stop_at += self._patience

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)

    def _start_due(self) -> None:
        for worker in self._workers:
            if self._stop_at is None and not worker.pid and worker.due <= monotonic():
                self._start(worker)

    def _until_due(self) -> float | None:
        if self._stop_at is not None:
            return max(0.0, self._stop_at - monotonic())
        dues = [worker.due - monotonic() for worker in self._workers if not worker.pid]
        return max(0.0, min(dues)) if dues else None

    def _start(self, worker: Worker) -> None:
        ready, tell = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os._exit(self._child(tell))
        os.close(tell)
        worker.pid, worker.ready, worker.began = pid, ready, monotonic()
        self._selector.register(ready, selectors.EVENT_READ, worker)

    def _child(self, tell: int) -> int:
        """The worker's life, in a process of its own."""
        os.setpgid(0, 0)  # Ctrl-C in a terminal goes to the parent alone, which passes it on once
        signal.set_wakeup_fd(-1)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._selector.close()
        os.close(self._life)
        try:
            self._work(lambda: os.close(tell) if os.write(tell, b".") else None, self._alive)
            return 0
        except TornchatError as error:
            return report(error)
        except BaseException:
            logger.exception("uncaught in a worker")
            return 1

    def _is_ready(self, worker: Worker) -> None:
        worker.serves = os.read(worker.ready, 1) != b""
        self._forget_pipe(worker)
        if not self._greeted and all(w.serves for w in self._workers):
            self._greeted = True
            self._greet()

    def _forget_pipe(self, worker: Worker) -> None:
        if worker.ready >= 0:
            self._selector.unregister(worker.ready)
            os.close(worker.ready)
            worker.ready = -1

    def _reap(self) -> None:
        """Replace who has died, unless all are to stop."""
        for worker in self._workers:
            if not worker.pid:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            code = os.waitstatus_to_exitcode(status)
            self._forget_pipe(worker)
            worker.pid, worker.serves = 0, False
            if self._stop_at is not None:
                self._code = self._code or (code if code > 0 else 0)
            elif code == CANNOT_START and not self._greeted:
                self._code = code
                self._stop()
            else:
                self._replace(worker, pid, code)

    def _replace(self, worker: Worker, pid: int, code: int) -> None:
        first, most = AGAIN_SECONDS
        worker.deaths = 0 if monotonic() - worker.began > STEADY_SECONDS else worker.deaths + 1
        wait = min(first * 2**worker.deaths, most)
        worker.due = monotonic() + wait
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
        logger.error("worker %d ended %s; another starts in %.1f s", pid, how, wait)

    def _pass_on(self) -> None:
        signals, self._signals = [number for number in self._signals if number != signal.SIGCHLD], []
        for number in signals:
            if self._stop_at is not None:
                self._code = 128 + number
            self._stop()

    def _stop(self) -> None:
        if self._stop_at is None:
            self._stop_at = monotonic() + self._patience
            for sock in self._sockets:
                sock.close()
        self._kill(signal.SIGTERM)

    def _kill(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, number)
