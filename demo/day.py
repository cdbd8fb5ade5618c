"""What happens in the demo: pipelines, hosts, jobs and people, all through the public URLs."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Awaitable, Callable
from itertools import count
from time import time

from demo.gitlab import Job, Pipeline, jobs

Post = Callable[[str, bytes, str], Awaitable[None]]  # path, body, Content-Type

JSON, TEXT = "application/json", "text/plain"
GROUPS = {
    "shop": ("web", "api", "search", "payments", "basket"),
    "data": ("etl", "reports", "warehouse", "models"),
    "platform": ("gateway", "auth", "terraform", "images", "docs"),
    "mobile": ("android", "ios"),
}
PLAN = (
    *(("build", "compile"), ("build", "image")),
    *(("test", "unit"), ("test", "integration"), ("test", "lint")),
    *(("deploy", "staging"), ("deploy", "production")),
)
PEOPLE = ("Ada", "Florian", "Grace", "Linus", "Mina", "Noor", "Tomás")
TITLES = (
    *("Remember the basket", "Retry the payment once", "Speed up the search", "Drop the old endpoint"),
    *("Bump the base image", "Say what went wrong", "Fix the time zone of reports", "Cache the price list"),
    *("Let users rename a list", "Split the worker", "Log less", "Rotate the signing key"),
)
CHAT = (
    *("morning!", "who is on call today?", "deploying {project} in ten minutes", "coffee?", "lunch at 12:30 🍜"),
    *("{project} looks slow, anybody else?", "it was the cache. again.", "nice work on {project} 🎉"),
    *("can somebody review my change to {project}?", "the numbers are back to normal", "I'll look at {project}"),
    "curl is enough for me: curl -N localhost:4000/listen",
)
MORNING = (
    ("Ada", "morning! ☕"),
    ("Grace", "morning. The night run of data/etl is through, 12 minutes faster than last week"),
    ("Grace", "it was the index after all"),
    ("Florian", "nice 🎉"),
    ("Tomás", "I deploy shop/payments at ten, shout if that is a bad time"),
    ("Noor", "fine with me. The changes: https://gitlab.example.com/shop/payments/-/merge_requests/311"),
    ("Mina", "who has the phone today?"),
    ("Linus", "me. And I listen in a terminal: curl -N localhost:4000/listen"),
)
PAST = 30  # pipelines of each project that were before the demo begins
FAILS = 0.06  # a part of the pipelines
HOSTS = ("web1", "web2", "db1", "worker1", "worker2", "build1")


class Day:
    """Plays until it is cancelled.

    Args:
        post: sends to the server.
        pace: how many times faster than real pipelines these are.
    """

    def __init__(self, post: Post, pace: float, seed: int = 1) -> None:
        self._post = post
        self._pace = pace
        self._random = random.Random(seed)
        self._ids = count(1000)
        self._projects = [f"{group}/{name}" for group, names in GROUPS.items() for name in names]
        self._weak = set(self._random.sample(self._projects, 3))  # where something is wrong for a while

    async def past(self) -> None:
        """What was before: the last pipelines of each project, and what was said this morning."""
        for name, text in MORNING:
            await self._say(name, text)
        now = time()
        for number, project in enumerate(self._projects):
            took = self._random.uniform(90, 420)
            for step in range(PAST, 0, -1):
                created = now - step * self._random.uniform(1500, 2400)
                pipeline = self._pipeline(number, project, created)
                self._end(pipeline, created + took * self._random.uniform(0.8, 1.25), self._fails(project))
                await self._hook(pipeline.hook())
            await self._hook(pipeline.deployment("production", now - self._random.uniform(600, 90_000)))

    async def play(self) -> None:
        """All at once."""
        works = [self._pipelines(), self._people(), *map(self._host, HOSTS)]
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)

    async def _pipelines(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                number = self._random.randrange(len(self._projects))
                group.create_task(self._run(number, self._projects[number]))
                await asyncio.sleep(self._random.expovariate(self._pace / 60))

    async def _run(self, number: int, project: str) -> None:
        """One pipeline from its beginning to its end, stage by stage."""
        pipeline = self._pipeline(number, project, time())
        fails = self._fails(project)
        await self._hook(pipeline.hook())
        await self._wait(8)
        pipeline.status = "running"
        for stage in dict.fromkeys(job.stage for job in pipeline.jobs):
            running = [job for job in pipeline.jobs if job.stage == stage]
            for job in running:
                job.status, job.started = "running", time()
            await self._hook(pipeline.hook())
            for job in self._random.sample(running, len(running)):
                await self._wait(45)
                job.finished = time()
                job.status = "failed" if fails and job.name == "integration" else "success"
                await self._hook(pipeline.hook())
            if any(job.status == "failed" for job in running):
                self._end(pipeline, time(), True)
                await self._hook(pipeline.hook())
                return
        self._end(pipeline, time(), False)
        await self._hook(pipeline.hook())
        await self._hook(pipeline.deployment("production", time()))

    def _pipeline(self, number: int, project: str, created: float) -> Pipeline:
        ref = self._random.choice(("main", "main", "main", "main", "main", "release/2.4"))
        author, title = self._random.choice(PEOPLE), self._random.choice(TITLES)
        id = next(self._ids)
        return Pipeline(project, number + 1, id, ref, title, author, created, jobs=jobs(id * 10, PLAN))

    def _fails(self, project: str) -> bool:
        return self._random.random() < (0.5 if project in self._weak else FAILS)

    def _end(self, pipeline: Pipeline, at: float, fails: bool) -> None:
        """All its jobs are done, or will not be."""
        pipeline.status, pipeline.finished = "failed" if fails else "success", at
        span = (at - pipeline.created) / len(pipeline.jobs)
        broken = False
        for place, job in enumerate(pipeline.jobs):
            if job.finished is None:
                self._end_job(
                    job, pipeline.created + place * span, span, fails and job.name == "integration", broken
                )
            broken = broken or job.status == "failed"

    def _end_job(self, job: Job, started: float, span: float, fails: bool, broken: bool) -> None:
        if broken and job.stage == "deploy":
            job.status = "skipped"
            return
        job.started, job.finished = started, started + span
        job.status = "failed" if fails else "success"

    async def _people(self) -> None:
        while True:
            await asyncio.sleep(self._random.expovariate(self._pace / 400))
            text = self._random.choice(CHAT).format(project=self._random.choice(self._projects))
            await self._say(self._random.choice(PEOPLE), text, self._random.choice(("lobby", "ops")))

    async def _say(self, name: str, text: str, room: str = "lobby") -> None:
        await self._post("/say", json.dumps({"name": name, "message": text, "room": room}).encode(), JSON)

    async def _host(self, name: str) -> None:
        """An agent that writes as Telegraf does; one of the hosts falls silent for a while."""
        phase, base = self._random.uniform(0, 6), self._random.uniform(15, 60)
        disk = self._random.uniform(30, 92)
        for step in count():
            await asyncio.sleep(2)
            if name == "worker2" and step % 150 > 120:
                continue
            cpu = min(99, max(2, base + 25 * math.sin(step / 20 + phase) + self._random.gauss(0, 5)))
            memory = 45 + 20 * math.sin(step / 50 + phase)
            lines = (
                f"cpu,cpu=cpu-total,host={name} usage_idle={100 - cpu:.1f}",
                f"mem,host={name} total=16000000000i,available={int(16e9 * (1 - memory / 100))}i",
                f"disk,host={name},path=/,fstype=ext4,mode=rw total=100i,used={int(disk)}i,free={100 - int(disk)}i",
                f"system,host={name} load1={cpu / 25:.2f},load5={cpu / 27:.2f},load15={cpu / 30:.2f},n_cpus=4i",
                f"net,host={name},interface=eth0 bytes_recv={step * 900_000}i,bytes_sent={step * 400_000}i",
            )
            await self._post("/api/v2/write?precision=ns", "\n".join(lines).encode(), TEXT)

    async def _wait(self, seconds: float) -> None:
        """About so long, in real pipelines."""
        await asyncio.sleep(self._random.uniform(0.5, 1.5) * seconds / self._pace)

    async def _hook(self, body: bytes) -> None:
        await self._post("/hooks/gitlab", body, JSON)
