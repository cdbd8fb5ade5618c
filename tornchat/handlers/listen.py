"""`/listen`: a stream of what is said, from the past on if asked, until either side ends it."""

from __future__ import annotations

import logging
import random
from time import monotonic

from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError

from tornchat import formats
from tornchat.client import Client
from tornchat.errors import BadRequest, Unavailable
from tornchat.event import ALL_ROOMS, DEFAULT_ROOM, Event, check_room, is_id, timestamp
from tornchat.handlers._base import BaseHandler

logger = logging.getLogger(__name__)

UNKNOWN_ID = "0-0"  # of no history: whoever asks for what came after it hears `reset`
NO_HEADERS = HTTPHeaders()  # once a stream has begun, in place of 1.5 KB for each listener
RETRY_MS = (1000, 3000)  # drawn for each stream, so that a restart does not bring all back at once


class ListenHandler(BaseHandler):
    """The only writer of its response: replay, live, heartbeats and farewell all pass through here."""

    client: Client | None = None

    def prepare(self) -> None:
        if self.context.draining:
            # An EventSource gives up for good on any status but 200; a cut connection it opens anew.
            self.hang_up()
        super().prepare()

    async def head(self) -> None:
        self._set_stream_headers()

    async def get(self) -> None:
        self._set_stream_headers()
        rooms = self._rooms()
        cursor = await self._begin_after(rooms)
        self.context.in_flight.discard(self.request)  # a drain ends it by `bye`
        abort = self.context.hold(self.request)
        client = self.client = Client(rooms, self.format, backlog_bytes=self.config.backlog_bytes, abort=abort)
        began = monotonic()
        self.hub.enter(client)
        logger.info("listener %s enters, %d in all", self._peer(), len(self.hub.clients))
        try:
            await self._stream(client, cursor)
        except StreamClosedError:
            pass
        except Unavailable as error:
            logger.warning("a listener could not be served: %s", error)
            abort()  # no clean end: it is to come back
        finally:
            self.hub.leave(client)
            logger.info(
                "listener %s leaves after %.1f s: %s, %d in all",
                self._peer(),
                monotonic() - began,
                client.closed,
                len(self.hub.clients),
            )
        if self.request.version == "HTTP/1.0":
            abort()  # without chunks the end of the connection is the end of the stream

    def on_connection_close(self) -> None:
        """Remove the client from the shared set; that ends its loop too."""
        if self.client is not None:
            self.hub.leave(self.client)
        super().on_connection_close()

    async def _stream(self, client: Client, cursor: str) -> None:
        ready = {"rooms": sorted(client.rooms or {ALL_ROOMS}), "retry": random.randint(*RETRY_MS)}
        await self._send(client, client.format.encode(_now("ready", ready, cursor)))
        self._headers = self.request.headers = NO_HEADERS
        while not client.closed and (events := await self.hub.broker.page(cursor, client.rooms)):
            cursor = events[-1].id
            await self._send(client, b"".join(map(client.format.encode, events)))
        self.hub.join(client)  # in the same step as the empty page: nothing comes in between
        while (data := await client.queue.get()) is not None:
            await self._send(client, data)
            client.backlog -= len(data)
        if client.closed != "gone":
            bye = _now("bye", {"reason": client.closed})
            await self._send(client, client.format.encode(bye))
            await self.finish()

    async def _send(self, client: Client, data: bytes) -> None:
        client.flush_begins()
        self.write(data)
        await self.flush()
        client.flush_ended()

    def _set_stream_headers(self) -> None:
        name = self.get_argument("format", None)
        accept = self.request.headers.get("Accept", "")
        self.format = formats.named(name) if name else formats.accepted(accept)
        self.set_header("Content-Type", f"{self.format.MEDIA_TYPE}; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")  # nginx would hold the stream back

    def _rooms(self) -> frozenset[str] | None:
        rooms = self.get_arguments("room") or [DEFAULT_ROOM]
        return None if ALL_ROOMS in rooms else frozenset(map(check_room, rooms))

    async def _begin_after(self, rooms: frozenset[str] | None) -> str:
        """The id after which the stream begins. `Last-Event-ID` wins: an EventSource that comes back
        sends it with its URL unchanged.
        """
        broker = self.hub.broker
        since = self.get_argument("since", None)
        last = self.get_argument("last", None)
        if last_event_id := self.request.headers.get("Last-Event-ID"):
            return last_event_id if is_id(last_event_id) else UNKNOWN_ID
        if since is not None and last is not None:
            raise BadRequest("since and last were both given", "give one of them")
        if since == "all":
            return await broker.before(rooms)
        if since is not None:
            if not is_id(since):
                raise BadRequest("since is no id", "give one that the stream sent, or all")
            return since
        if last is not None:
            if not (last.isascii() and last.isdecimal() and len(last) <= 9):
                raise BadRequest("last is no number", "give how many messages to begin with")
            return await broker.before(rooms, int(last))
        return broker.cursor

    def _peer(self) -> str:
        return f"{self.request.remote_ip} {self.format.MEDIA_TYPE}"


def _now(type: str, data: dict[str, object], id: str = "") -> Event:
    """An event of the stream itself."""
    return Event("", type, data, id, timestamp())


routes = [("/listen", ListenHandler)]
