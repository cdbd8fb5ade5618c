"""`/hooks/<source>`: authentic or refused, kept once, told to everybody, and noted."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources import payloads
from tests.support import Raw, eventually, listening, objects, post
from tornchat import formats, plugins, run, sources
from tornchat.board import Board
from tornchat.errors import BadRequest
from tornchat.handlers._base import Context

SECRETS = ("gitlab=s3cret", "gitlab=old", "github=hubsecret", "generic=token")
TOKENS = ("reader",)
AUTHORIZED = "Authorization: Bearer reader\r\n"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

EVENTS = ("Pipeline Hook", "workflow_run", "workflow_job", "check_run", "deployment_status", "push", "release")
FIELDS = (
    *(
        "object_kind",
        "object_attributes",
        "builds",
        "project",
        "commit",
        "status",
        "id",
        "workflow_run",
        "repository",
    ),
    *("name", "ref", "stages", "full_name", "path_with_namespace", "action", "conclusion", "created_at", "release"),
)

with_secrets = pytest.mark.options(hook_secrets=SECRETS, tokens=TOKENS)


def gitlab(token: str = "s3cret", id: str = "") -> str:
    """The headers of a Pipeline Hook."""
    key = f"Idempotency-Key: {id}\r\n" if id else ""
    return f"X-Gitlab-Event: Pipeline Hook\r\nX-Gitlab-Instance: https://gitlab.example.com\r\n{key}" + (
        f"X-Gitlab-Token: {token}\r\n" if token else ""
    )


def pipeline(status: str = "success", job: int = 501) -> bytes:
    return payloads.body(payloads.gitlab_pipeline(payloads.gitlab_build(job, status=status), status=status))


async def get(port: int, path: str, headers: str = "") -> tuple[int, bytes]:
    raw = await Raw.get(port, path, headers)
    answer = await raw.rest()
    return int(answer.split(b" ", 2)[1]), raw.body


async def deliveries(port: int) -> list[dict[str, Any]]:
    status, body = await get(port, "/hooks/deliveries", AUTHORIZED)
    assert status == 200
    found: list[dict[str, Any]] = json.loads(body)["deliveries"]
    return found


@with_secrets
async def test_pipeline_is_told_in_all_formats(port: int) -> None:
    """A delivery is answered 204 without a body, and everybody in `ci` has it at once."""
    async with (
        listening(port, "/listen?room=ci") as plain,
        listening(port, "/listen?room=ci&format=sse") as sse,
        listening(port, "/listen?room=ci&format=ndjson") as ndjson,
    ):
        assert await post(port, "/hooks/gitlab", pipeline("failed"), JSON, gitlab()) == (204, b"")
        line = (
            "* ✗ shop/web main #9001 failed test:unit 36s https://gitlab.example.com/shop/web/-/pipelines/9001\r\n"
        )
        await plain.until(line.encode())
        await sse.until(b"event: run\n")
        await ndjson.until(b'"status":"failed"')
        event = objects(ndjson.body)[1]
        assert (event["type"], event["project"], event["room"]) == ("run", "shop/web", "ci")
        assert "hunter2" not in str(event)


@with_secrets
@pytest.mark.parametrize("token", ["", "wrong", "s3cre", "s3cret "[:-1] + "x"])
async def test_not_authentic(port: int, context: Context, token: str) -> None:
    """401, nothing is kept, and the deliveries say why."""
    cursor = context.hub.broker.cursor
    status, body = await post(port, "/hooks/gitlab", pipeline(), JSON, gitlab(token))
    assert status == 401
    assert b"X-Gitlab-Token" in body
    assert context.hub.broker.cursor == cursor
    [delivery] = await deliveries(port)
    assert (delivery["verdict"], delivery["status"]) == ("refused", 401)
    assert "s3cre" not in json.dumps(delivery)


@with_secrets
async def test_rotation(port: int) -> None:
    """The secret of before is valid until it is taken out."""
    assert (await post(port, "/hooks/gitlab", pipeline(), JSON, gitlab("old")))[0] == 204


@with_secrets
async def test_signature_of_github(port: int) -> None:
    """Over the raw body; one byte more, and it is refused."""
    body = payloads.body(payloads.workflow_run())
    digest = hmac.new(b"hubsecret", body, "sha256").hexdigest()
    headers = f"X-GitHub-Event: workflow_run\r\nX-GitHub-Delivery: d1\r\nX-Hub-Signature-256: sha256={digest}\r\n"
    assert (await post(port, "/hooks/github", body, JSON, headers))[0] == 204
    assert (await post(port, "/hooks/github", body + b" ", JSON, headers))[0] == 401


@with_secrets
async def test_said_once(port: int, context: Context) -> None:
    """The same delivery again, and another that says the same, make no event."""
    async with listening(port, "/listen?room=ci&format=ndjson") as listener:
        for id in ("1", "1", "2", ""):
            assert (await post(port, "/hooks/gitlab", pipeline(), JSON, gitlab(id=id)))[0] == 204
        assert (await post(port, "/hooks/gitlab", pipeline("failed", job=502), JSON, gitlab(id="3")))[0] == 204
        await listener.until(b'"failed"')
        assert [event["status"] for event in objects(listener.body)[1:]] == ["success", "failed"]
    verdicts = [delivery["verdict"] for delivery in await deliveries(port)]
    assert verdicts == ["kept", "repeated", "repeated", "repeated", "kept"]


@with_secrets
async def test_late_delivery_changes_nothing(port: int, context: Context) -> None:
    """What was overtaken on the way is no event, and the board stays as it is."""
    await post(port, "/hooks/gitlab", pipeline("success"), JSON, gitlab())
    body = payloads.body(
        payloads.gitlab_pipeline(
            payloads.gitlab_build(501, status="running", finished_at=None), status="running", finished_at=None
        )
    )
    assert (await post(port, "/hooks/gitlab", body, JSON, gitlab()))[0] == 204
    project = context.dashboard.board.state("")["projects"]["shop/web"]
    assert project["status"] == "success"
    assert (await deliveries(port))[0]["verdict"] == "repeated"


@with_secrets
async def test_unknown_but_authentic(port: int) -> None:
    """204: a sender that is told 4xx a few times switches the hook off."""
    for body in (b"{}", b"[]", b"null", b'{"object_kind": "wiki_page"}', b'{"object_kind": "pipeline"}'):
        assert await post(port, "/hooks/gitlab", body, JSON, gitlab()) == (204, b"")
    assert {delivery["verdict"] for delivery in await deliveries(port)} == {"ignored"}


@with_secrets
async def test_malformed(port: int) -> None:
    """400 for what is no JSON, 404 for a source that there is not."""
    assert (await post(port, "/hooks/gitlab", b"{", JSON, gitlab()))[0] == 400
    assert (await post(port, "/hooks/jenkins", b"{}", JSON))[0] == 404
    assert (await post(port, "/hooks/", b"{}", JSON))[0] == 404
    assert (await get(port, "/hooks/gitlab"))[0] == 404
    assert (await post(port, "/hooks/gitlab?room=no%20room", pipeline(), JSON, gitlab()))[0] == 400


@with_secrets
@pytest.mark.options(hook_secrets=SECRETS, max_body_bytes=1000)
async def test_size(port: int) -> None:
    """GitLab's may have 25 MB, whatever is the limit for others; a script's 1 MiB."""
    big = json.dumps({"object_kind": "note", "note": "x" * 5_000_000}).encode()
    assert (await post(port, "/hooks/gitlab", big, JSON, gitlab()))[0] == 204
    assert (await post(port, "/hooks/generic", big, JSON))[0] == 413
    assert (await post(port, "/say", big, JSON))[0] == 413


async def test_without_a_secret(port: int) -> None:
    """403, and which option to set."""
    status, body = await post(port, "/hooks/github", b"{}", JSON)
    assert status == 403
    assert json.loads(body)["error"] == "no secret of github is set here"
    assert json.loads(body)["remedy"].startswith("set the option hook_secrets, such as github=")
    assert (await get(port, "/hooks/deliveries"))[0] == 403


@pytest.mark.options(trust_loopback=True)
async def test_own_machine(port: int) -> None:
    """For development, where the operator says so: one line of curl."""
    async with listening(port, "/listen?room=ci") as listener:
        assert (await post(port, "/hooks/generic", b"project=shop/web&status=failed", FORM))[0] == 204
        await listener.until("* ✗ shop/web failed\r\n".encode())
    assert (await get(port, "/hooks/deliveries"))[0] == 200


@with_secrets
async def test_any_script(port: int) -> None:
    """By a token; a status that is no status is told with the near match."""
    bearer = "Authorization: Bearer token\r\n"
    assert (await post(port, "/hooks/generic", b"project=a&status=ok", FORM, bearer))[0] == 204
    status, body = await post(port, "/hooks/generic", b"project=a&status=sucess", FORM, bearer)
    assert (status, b"did you mean success?" in body) == (400, True)
    assert (await post(port, "/hooks/generic", b"project=a&status=ok", FORM))[0] == 401


@with_secrets
async def test_another_room(port: int) -> None:
    """A team may have its own."""
    async with listening(port, "/listen?room=team") as listener:
        await post(port, "/hooks/gitlab?room=team", pipeline(), JSON, gitlab())
        await listener.until(b"shop/web")


@with_secrets
async def test_gitea_pointed_at_github(port: int) -> None:
    """Gitea sends GitHub's headers beside its own: it is taken for what it is."""
    body = payloads.body(payloads.workflow_run())
    digest = hmac.new(b"hubsecret", body, "sha256").hexdigest()
    headers = "".join(
        f"{name}: {value}\r\n"
        for name, value in {
            "X-Gitea-Event": "workflow_run",
            "X-Gitea-Delivery": "g1",
            "X-GitHub-Event": "workflow_run",
            "X-GitHub-Delivery": "g1",
            "X-Hub-Signature-256": f"sha256={digest}",
        }.items()
    )
    assert (await post(port, "/hooks/github", body, JSON, headers))[0] == 204
    async with listening(port, "/listen?room=ci&format=ndjson&last=1") as listener:
        await listener.until(b'"run"')
        assert objects(listener.body)[1]["source"] == "gitea"


@with_secrets
async def test_deliveries_need_their_token(port: int) -> None:
    """By Bearer, Token, or as the password of Basic."""
    assert (await get(port, "/hooks/deliveries"))[0] == 401
    for scheme in ("Bearer reader", "Token reader", "Basic " + b64encode(b"me:reader").decode()):
        assert (await get(port, "/hooks/deliveries", f"Authorization: {scheme}\r\n"))[0] == 200
    for scheme in ("Bearer wrong", "Basic !!!", "Basic " + b64encode(b"reader").decode(), "reader"):
        assert (await get(port, "/hooks/deliveries", f"Authorization: {scheme}\r\n"))[0] == 401


@with_secrets
async def test_deliveries_are_bounded(port: int, context: Context) -> None:
    """The newest stay, and no listener hears of them."""
    async with listening(port, "/listen?room=*&format=ndjson") as listener:
        for number in range(120):
            await context.deliveries.note({"source": "gitlab", "number": number})
        await post(port, "/say", b"message=end", FORM)
        await listener.until(b'"end"')
        assert len(objects(listener.body)) == 2
    await eventually(lambda: len(context.deliveries.newest_first()) == 100)
    assert (await deliveries(port))[0]["number"] == 119


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(payload=ANY_JSON, event=st.sampled_from(EVENTS), name=st.sampled_from(sources.names()))
def test_any_json_on_its_whole_way(payload: object, event: str, name: str) -> None:
    """From the body to the board and to every listener: nothing but a 400 is ever raised."""
    headers = payloads.headers({"X-Gitlab-Event": event, "X-GitHub-Event": event, "X-Gitea-Event": event})
    board = Board()
    try:
        delivery = sources.named(name).parse(headers, json.dumps(payload).encode(), payloads.NOW)
    except BadRequest:
        return
    for each in delivery.runs:
        kept = run.event(each, "ci").kept("a-1", "2026-11-24T09:00:00.000Z")
        assert board.would_change(kept) == board.apply(kept)
        for format in plugins.names(formats.__name__):
            formats.named(format).encode(kept)
    json.loads(board.json("2026-11-24T09:00:00.000Z", "a-1"))
