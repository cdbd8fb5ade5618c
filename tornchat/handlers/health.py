"""`/health`: for a load balancer, and for whoever wants to know that it lives."""

from __future__ import annotations

from time import monotonic

from tornchat import __version__, brokers
from tornchat.handlers._base import BaseHandler


class HealthHandler(BaseHandler):
    """200 while new clients are welcome, 503 while the server stops."""

    def get(self) -> None:
        if self.context.draining:
            self.set_status(503)
        problem = self.hub.broker.problem
        answer = {
            "status": "draining" if self.context.draining else "failing" if problem else "ok",
            "version": __version__,
            "uptime": round(monotonic() - self.context.started_at, 3),
            "listeners": len(self.hub.clients),
            "broker": brokers.scheme(self.config),
        }
        if problem:
            answer["problem"] = problem  # listeners still hear each other's silence: it is no 503
        self.finish(answer)

    head = get


routes = [("/health", HealthHandler)]
