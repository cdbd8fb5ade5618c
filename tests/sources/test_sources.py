"""Whose headers these are."""

from __future__ import annotations

import pytest

from tests.sources.payloads import headers
from tornchat import plugins, sources
from tornchat.errors import ConfigError


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


def test_secrets() -> None:
    """Several of one source may be valid at once; a secret may hold what parts it from its name."""
    found = sources.secrets(
        ["gitlab=a", "gitlab=b=c", "generic=whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="]
    )
    assert found["gitlab"] == ["a", "b=c"]
    assert len(found["generic"]) == 1
    assert found["github"] == []


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("gitlib=secret", "did you mean gitlab?"),
        ("secret", "names no source"),
        ("github=", "a secret of github in hook_secrets is empty or malformed"),
        ("gitlab=whsec_!!!", "a secret of gitlab in hook_secrets is empty or malformed"),
    ],
)
def test_secrets_that_are_none(entry: str, error: str) -> None:
    """Said at the start, and not when deliveries are refused; what may be a secret is not repeated."""
    with pytest.raises(ConfigError) as raised:
        sources.secrets([entry])
    assert error in str(raised.value)
