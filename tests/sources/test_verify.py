"""Standard Webhooks, signed by the library of the standard's authors."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType

import pytest
from standardwebhooks.webhooks import Webhook

from tests.sources.payloads import NOW, headers
from tornchat.errors import Unauthorized
from tornchat.sources import generic, gitlab

KEY = "whsec_" + "dGVzdA==" * 8
OTHER = "whsec_" + "b3RoZXI=" * 4
BODY = '{"object_kind": "pipeline", "ü": 1}'.encode()
BOTH = pytest.mark.parametrize("source", [gitlab, generic], ids=["gitlab", "generic"])


def signed(body: bytes = BODY, key: str = KEY, at: float = NOW) -> dict[str, str]:
    signature = Webhook(key).sign("msg_1", datetime.fromtimestamp(int(at), UTC), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at)), "webhook-signature": signature}


@BOTH
def test_signature(source: ModuleType) -> None:
    """With any of our keys, so that one can be changed."""
    source.verify(headers(signed()), BODY, [KEY], NOW)
    source.verify(headers(signed()), BODY, ["", "plain", "whsec_x", "whsec_", OTHER, KEY], NOW)


@BOTH
def test_several_signatures(source: ModuleType) -> None:
    """A sender that changes its key signs with both; what is no signature stands for none."""
    fields = signed()
    fields["webhook-signature"] = f"v1a,x v1 {signed(key=OTHER)['webhook-signature']} {fields['webhook-signature']}"
    source.verify(headers(fields), BODY, [KEY], NOW)


@BOTH
def test_tampered(source: ModuleType) -> None:
    """Body, id, time, version and key are all of what is signed."""
    for change in (
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW) + 1)},
        {"webhook-signature": signed(key=OTHER)["webhook-signature"]},
        {"webhook-signature": signed()["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": signed()["webhook-signature"].removeprefix("v1,")},
        {"webhook-signature": "ü"},
        {"webhook-signature": ""},
        {"webhook-id": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 5000},
    ):
        with pytest.raises(Unauthorized):
            source.verify(headers(signed() | change), BODY, [KEY], NOW)
    for body in (BODY + b" ", b"\xff"):
        with pytest.raises(Unauthorized):
            source.verify(headers(signed()), body, [KEY], NOW)


@BOTH
def test_replayed(source: ModuleType) -> None:
    """What was overheard is of use for five minutes at most, and by then its id is known."""
    source.verify(headers(signed()), BODY, [KEY], NOW + 300)
    source.verify(headers(signed()), BODY, [KEY], NOW - 300)
    for later in (301, -301, 86_400):
        with pytest.raises(Unauthorized, match=f"{abs(later)} seconds off"):
            source.verify(headers(signed()), BODY, [KEY], NOW + later)


@BOTH
def test_bad_signature_is_not_saved_by_a_token(source: ModuleType) -> None:
    """Who knows an old token must not get in with a signature that he made up."""
    fields = {"X-Gitlab-Token": "secret", "Authorization": "Bearer secret"}
    source.verify(headers(fields), BODY, ["secret", KEY], NOW)
    with pytest.raises(Unauthorized):
        source.verify(headers(signed(key=OTHER) | fields), BODY, ["secret", KEY], NOW)


@BOTH
def test_plain_secret_signs_nothing(source: ModuleType) -> None:
    """Read as base64, a short one would be a key that can be guessed."""
    with pytest.raises(Unauthorized):
        source.verify(headers(signed(key="ab")), BODY, ["ab"], NOW)
