"""Who may do what is not for everybody: by a token, or from this machine where the operator trusts that."""

from __future__ import annotations

import base64
import binascii
import hmac
from ipaddress import ip_address

from tornado.httputil import HTTPServerRequest

from tornchat.config import Config
from tornchat.errors import Forbidden, Unauthorized


def is_trusted(request: HTTPServerRequest, config: Config) -> bool:
    """Whether it comes from this machine, and `trust_loopback` is set."""
    try:
        address = ip_address(request.remote_ip or "")
    except ValueError:  # a socket without an address
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return config.trust_loopback and address.is_loopback


def check_token(request: HTTPServerRequest, config: Config) -> None:
    """Accept one of `tokens`: as Bearer or Token, or as password of Basic, as agents have it.

    Raises:
        Forbidden: there are no tokens.
        Unauthorized: it is none of them.
    """
    if is_trusted(request, config):
        return
    if not config.tokens:
        raise Forbidden("no token is set here", "set the option tokens")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if True not in [hmac.compare_digest(given.strip().encode(), token.encode()) for token in config.tokens]:
        raise Unauthorized("the token is missing or wrong", "send Authorization: Bearer and one of tokens")
