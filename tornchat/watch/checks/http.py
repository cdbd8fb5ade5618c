"""Asks a URL: its status, a text in its body, and how long its certificate is still good."""

from __future__ import annotations

import asyncio
from time import monotonic, time
from urllib.parse import urljoin

from tornchat.fetch import Answer, BadAnswer, fetch, reason
from tornchat.watch.check import Check, Result

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
DAY = 86400


async def attempt(check: Check) -> Result:
    """Ask once, within `check.timeout`. Latency is from the first step to the end of what was needed."""
    began = monotonic()
    try:
        async with asyncio.timeout(check.timeout):
            answer = await _ask(check)
    except TimeoutError:
        return Result(False, f"no answer within {check.timeout:g} s")
    except (OSError, BadAnswer) as error:
        return Result(False, reason(error))
    latency = monotonic() - began
    days_left = None if answer.expires is None else int((answer.expires - time()) // DAY)
    problem = _problem(check, answer)
    return Result(not problem, problem, answer.status, latency, days_left)


async def _ask(check: Check) -> Answer:
    """The answer, after redirects if these are to be followed. A password goes only where the target is."""
    wanted = check.contains.encode()
    url = check.target
    for _ in range(MAX_REDIRECTS + 1):
        answer = await fetch(
            check.method,
            url,
            enough=lambda status, body: status not in check.status or wanted in body,
        )
        location = answer.headers.get("location")
        if not (check.redirects and answer.status in REDIRECTS and location):
            return answer
        try:
            url = urljoin(url, location)
        except ValueError:
            raise BadAnswer("it leads to no http or https URL") from None
    raise BadAnswer(f"more than {MAX_REDIRECTS} redirects")


def _problem(check: Check, answer: Answer) -> str:
    if answer.status not in check.status:
        least, most = check.status[0], check.status[-1]
        return f"answered {answer.status}, not {least}" + (f" to {most}" if most != least else "")
    if check.contains.encode() not in answer.body:
        return "the text is not in the body"
    return ""
