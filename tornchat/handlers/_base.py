"""What all handlers share: their context, the text of arguments, and errors turned into answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic, time
from types import TracebackType
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest, format_timestamp
from tornado.web import Finish, HTTPError, RequestHandler

from tornchat import __version__, sources
from tornchat.config import Config
from tornchat.dashboard import Dashboard
from tornchat.deliveries import Deliveries
from tornchat.duty import Duty
from tornchat.errors import BadRequest, NotFound, TornchatError
from tornchat.event import clean
from tornchat.hub import Hub

logger = logging.getLogger(__name__)


REMEDIES = {
    400: ("the request is malformed", "curl's -d and -F make good forms; docs/protocol.md has the rest"),
    403: ("a page of another site may not do this", "use curl, or a page of this server"),
    405: ("this URL does not take that method", "use one that the Allow header names"),
    500: ("something broke in the server", "its log says what; try again"),
}


@dataclass(slots=True)
class Context:
    """What a handler works with."""

    hub: Hub
    dashboard: Dashboard
    deliveries: Deliveries
    duty: Duty
    config: Config
    hold: Callable[[HTTPServerRequest], Callable[[], None]]  # see Engine.hold
    started_at: float = field(default_factory=monotonic)
    draining: bool = False
    in_flight: set[HTTPServerRequest] = field(default_factory=set)  # answers that a drain waits for
    secrets: dict[str, list[str]] = field(init=False)  # of webhooks, by source

    def __post_init__(self) -> None:
        self.secrets = sources.secrets(self.config.hook_secrets)


class BaseHandler(RequestHandler):
    """Answers an error with its status and one sentence. The body of a request is bounded in _body.py."""

    takes_gzip = False  # whether a body may be compressed

    @classmethod
    def max_body_bytes(cls, config: Config, rest: str) -> int:
        """How long a body may be; `rest` is what follows the route in the path."""
        return config.max_body_bytes

    def initialize(self, context: Context) -> None:
        self.context = context
        self.hub = context.hub
        self.config = context.config

    def clear(self) -> None:
        """As Tornado's, which formats the date anew for each answer, at a twentieth of its cost."""
        self._headers = HTTPHeaders(_default_headers(int(time())))
        self._write_buffer = []
        self.set_status(200)

    def prepare(self) -> None:
        if self.context.draining:
            self.set_header("Connection", "close")

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """The text rule for every argument; `get_argument` itself would put spaces."""
        try:
            return clean(value.decode())
        except UnicodeDecodeError:
            raise BadRequest(f"{name or 'the path'} is not UTF-8", "send UTF-8") from None

    def on_finish(self) -> None:
        self.context.in_flight.discard(self.request)

    def on_connection_close(self) -> None:
        self.context.in_flight.discard(self.request)
        super().on_connection_close()

    def compute_etag(self) -> None:
        """No answer here is worth a hash: none may be stored."""

    def hang_up(self) -> None:
        """Cut the connection without an answer."""
        self.context.hold(self.request)()
        raise Finish

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        super().send_error(error.status if isinstance(error, TornchatError) else status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        exception = kwargs.get("exc_info", (None, None))[1]
        if isinstance(exception, TornchatError):
            error, remedy = exception.error, exception.remedy
        else:
            error, remedy = REMEDIES.get(status_code, (self._reason, REMEDIES[400][1]))
        if status_code == 503:
            self.set_header("Retry-After", "1")
        if status_code == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        if self.wants_json():
            self.finish({"error": error, "remedy": remedy})
        else:
            self.finish(f"{error}: {remedy}\n")

    def wants_json(self) -> bool:
        """Whether the client speaks JSON: by `Accept`, or by the type of what it sent."""
        headers = self.request.headers
        spoken = headers.get("Accept", "") + headers.get("Content-Type", "")
        return "json" in spoken.lower()

    @classmethod
    def allowed_methods(cls) -> list[str]:
        """The methods that the handler defines."""
        undefined = RequestHandler.get
        return [m for m in cls.SUPPORTED_METHODS if getattr(cls, m.lower()) is not undefined]

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if not isinstance(value, TornchatError | HTTPError):
            logger.error("uncaught in %s %s", self.request.method, self.request.path, exc_info=value)


@lru_cache(maxsize=2)
def _default_headers(second: int) -> dict[str, str]:
    return {
        "Server": f"tornchat/{__version__}",
        "Content-Type": "text/plain; charset=utf-8",
        "Date": format_timestamp(second),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


class NotFoundHandler(BaseHandler):
    """Any URL that no file here serves."""

    def prepare(self) -> None:
        super().prepare()
        raise NotFound(f"there is nothing at {self.request.path[:60]!a}", "try /say, /listen or /health")


def log_request(handler: RequestHandler) -> None:
    """The access log: refused requests at info, the rest at debug; never a query, which is said text."""
    status = handler.get_status()
    level = logging.INFO if status >= 400 else logging.DEBUG
    if not logger.isEnabledFor(level):
        return
    request = handler.request
    milliseconds = request.request_time() * 1000
    path = "/ping/…" if request.path.startswith("/ping/") else request.path  # what follows is a secret
    logger.log(level, "%d %s %s %.1f ms", status, request.method, ascii(path), milliseconds)
