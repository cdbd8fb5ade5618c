"""Whose headers these are."""

from __future__ import annotations

import pytest

from tests.sources.payloads import headers
from tornchat import plugins, sources


@pytest.mark.parametrize(
    ("names", "sender"),
    [
        (["X-Gitlab-Event"], "gitlab"),
        (["X-GitHub-Event", "X-GitHub-Delivery"], "github"),
        (["X-Gitea-Event", "X-Gogs-Event", "X-GitHub-Event", "X-Hub-Signature-256"], "gitea"),
        (["X-Forgejo-Event", "X-Gitea-Event", "X-GitHub-Event"], "gitea"),
        (["x-github-event"], "github"),
        (["Content-Type"], ""),
        ([], ""),
    ],
)
def test_sender(names: list[str], sender: str) -> None:
    """Gitea and Forgejo send GitHub's headers beside their own, and are not taken for it."""
    fields = headers(dict.fromkeys(names, "push"))
    assert sources.sender(fields) == sender
    assert [name for name in plugins.names(sources.__name__) if sources.named(name).sent(fields)] == [
        sender
    ] * bool(sender)
