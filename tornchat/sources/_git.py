"""A push, which GitLab, GitHub and Gitea report alike."""

from __future__ import annotations

from tornchat.run import ENDED, Origin, Run
from tornchat.sources._json import Json


def push(payload: Json, origin: Origin, now: float, *, author: Json, url: str) -> list[Run]:
    """A push of a branch or of a tag; nothing where it was deleted.

    Its time is that of its last commit, so that both of two hooks for one push say the same.
    """
    ref, after = payload["ref"].line, payload["after"].line
    if not ref or not after.strip("0"):
        return []
    sha = payload["checkout_sha"].line or after  # of an annotated tag, `after` is the tag
    commits = [commit for commit in (payload["head_commit"], *payload["commits"]) if commit.value]
    head = next((commit for commit in commits if commit["id"].line == sha), commits[0] if commits else Json())
    tag = ref.startswith("refs/tags/")
    committed = head["timestamp"].moment
    return [
        Run(
            origin=origin,
            kind="tag" if tag else "push",
            id=f"{ref}@{after}",
            status="success",
            clock=(committed or int(now * 1000), ENDED, 0),
            ref=ref.removeprefix("refs/tags/").removeprefix("refs/heads/"),
            ref_type="tag" if tag else "branch",
            sha=(head["id"].line or sha)[:12],
            title=head["message"].prose,
            author=author.prose or head["author"]["name"].prose,
            url=url,
            created_at=committed,
        )
    ]
