"""The words in which CIs say how a run is, and what they mean here.

GitLab, GitHub, Gitea, Jenkins, CircleCI, Drone, Woodpecker, Buildkite, Concourse, Travis and Azure: where two of
them use the same word, they mean the same by it.
"""

from __future__ import annotations

from tornchat.run import Status

_WORDS: dict[Status, str] = {
    "queued": "queued created creating preparing pending requested waiting_for_resource waiting_for_callback"
    " waiting_on_dependencies",
    "waiting": "waiting manual scheduled action_required on_hold blocked paused",  # for a person, or for a time
    "running": "running started in_progress inprogress canceling cancelling failing building",
    "success": "success succeeded successful passed ok fixed neutral",
    "warning": "warning unstable partially_succeeded",
    "failed": "failed failure fail error errored broken still_failing timed_out timedout startup_failure declined"
    " unauthorized",
    "cancelled": "cancelled canceled cancel aborted killed stopped stale",
    "skipped": "skipped not_run not_built",
    "unknown": "unknown",
}
WORDS: dict[str, Status] = {word: status for status, words in _WORDS.items() for word in words.split()}


def status_of(word: str) -> Status:
    """What a CI's word means; `unknown` where we do not know it."""
    return WORDS.get(normal(word), "unknown")


def normal(word: str) -> str:
    """As the words are written here: `Still Failing` is `still_failing`."""
    return word.strip().lower().replace(" ", "_").replace("-", "_")
