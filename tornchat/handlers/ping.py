"""`/ping/<token>`: a job says that it ran; `…/start` that it begins, `…/fail` that it failed, or how it ended."""

from __future__ import annotations

from tornchat.duty import relay_ping
from tornchat.errors import NotFound
from tornchat.handlers._base import BaseHandler
from tornchat.watch.heartbeats import is_verb, named_by


class PingHandler(BaseHandler):
    """Whoever knows the token may; any method, for curl, wget and whatever a cron job has."""

    async def get(self, rest: str) -> None:
        token, _, verb = rest.partition("/")
        check = named_by(token, self.config.checks)
        if check is None or not is_verb(verb):
            raise NotFound(
                "there is no such ping", "see the token in checks; then nothing, /start, /fail or /<status>"
            )
        await relay_ping(self.hub, check, verb)
        self.write("ok.")

    head = post = get


routes = [("/ping/", PingHandler)]
