"""Proofs that a webhook is from its sender, over the bytes as they came, in constant time.

`secrets` are all that are valid now, so that one can be changed without losing a delivery. An empty one proves
nothing, and is passed over.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from tornchat.errors import Unauthorized

TOLERANCE = 300  # seconds that a signed timestamp may be off, in both directions
KEY_PREFIX = "whsec_"  # of a secret that is a key of Standard Webhooks

_SECONDS = re.compile(r"[0-9]{1,11}")


def check_token(given: str, secrets: Sequence[str], what: str) -> None:
    """Accept what is a secret itself.

    Raises:
        Unauthorized: it is none.
    """
    _check(given, [secret.encode() for secret in secrets if secret], what)


def check_hmac(given: str, body: bytes, secrets: Sequence[str], what: str) -> None:
    """Accept the HMAC-SHA256 of `body`, in hexadecimal.

    Raises:
        Unauthorized: it is of another body, or by another secret.
    """
    expected = [hmac.new(secret.encode(), body, "sha256").hexdigest().encode() for secret in secrets if secret]
    _check(given.lower(), expected, what)


def check_standard(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Accept a signature by https://www.standardwebhooks.com, of which the header may have several.

    Raises:
        Unauthorized: a header is missing, the timestamp is off, or no signature is by one of our keys.
    """
    id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not id or not _SECONDS.fullmatch(timestamp):
        raise Unauthorized("webhook-id or webhook-timestamp is missing", "send both with webhook-signature")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise Unauthorized(
            f"the webhook-timestamp is {abs(now - int(timestamp)):.0f} seconds off",
            "set both clocks, and send it when it is signed",
        )
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Unauthorized("the body is not UTF-8", "sign and send UTF-8") from None
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    expected = [key.sign(id, signed_at, text).encode() for key in map(_key, secrets) if key]
    for signature in headers.get("webhook-signature", "").split():
        if _any_equal(signature, expected):
            return
    raise Unauthorized("no webhook-signature is by one of our keys", f"sign with the secret {KEY_PREFIX}… set here")


def is_key(secret: str) -> bool:
    """Whether a secret is a key of Standard Webhooks."""
    return _key(secret) is not None


def _key(secret: str) -> Webhook | None:
    """The key that a secret is. A secret that is not meant as one would be one too, and a weak one."""
    if not secret.startswith(KEY_PREFIX):
        return None
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        return None


def _check(given: str, expected: list[bytes], what: str) -> None:
    if not given:
        raise Unauthorized(f"{what} is missing", "set the secret of the webhook to the one that is set here")
    if not _any_equal(given, expected):
        raise Unauthorized(f"{what} is wrong", "set the secret of the webhook to the one that is set here")


def _any_equal(given: str, expected: list[bytes]) -> bool:
    """Compares with all, so that the time does not tell with which."""
    as_sent = given.encode("latin-1", "replace")  # as HTTP headers are decoded
    return True in [hmac.compare_digest(as_sent, one) for one in expected]
