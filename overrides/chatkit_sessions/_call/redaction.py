"""Removes keys and secrets from what an error or a raw response keeps of a call."""

import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from traceback import walk_tb
from typing import Final

import httpx

from .._errors import causes
from .._secret import HIDDEN, Secret
from .decoding import Received

# A caller's headers are hidden unless named here: gateways use all kinds of names for credentials.
_HARMLESS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-type", "date", "host"}
    | {"idempotency-key", "openai-beta", "openai-organization", "openai-project", "traceparent", "user-agent"}
    | {"x-client-request-id", "x-correlation-id", "x-request-id", "x-stainless-retry-count"}
)
# In a header: "Bearer …", a cookie's "name=…". Shorter texts also occur in ordinary words.
_CREDENTIAL: Final = re.compile(r"""[^\s;,="]{16,}""")
# No longer true of a body that has been read and decompressed.
_TRANSFER_HEADERS: Final = (b"content-encoding", b"content-length", b"transfer-encoding")
_PACKAGE: Final = __name__.removesuffix("_call.redaction")
LIBRARIES: Final = frozenset(
    {"aiohttp", "anyio", "asyncio", "h11", "h2", "hpack", "httpcore", "httpcore2", "httpx", "httpx2", "httpx_aiohttp"}
    | {"socket", "socksio", "ssl", "trio", "uvloop"}
)
"""The packages that a call goes through. Their exceptions are about connections."""
_ASCII: Final = b"".join(bytes([code]) for code in range(32, 127) if code != ord("\\")) + b"\\n"
# `re` compiles it at first use, so a start does not pay for it.
_CHARSET: Final = r"""(?ai)charset\s?=\s?["']?([\w.:-]+)"""
_LONGEST_CONTENT_TYPE: Final = 200


def secrets_of(key: Secret, request: httpx.Request | None) -> tuple[Secret, ...]:
    """Return the secrets that were sent, which a server may repeat: the key, and credentials in other headers."""
    headers = httpx.Headers() if request is None else request.headers
    found = {text for name, value in headers.items() if name not in _HARMLESS for text in _CREDENTIAL.findall(value)}
    return (key, *(Secret(text) for text in sorted(found - {key.reveal()}, key=len, reverse=True)))


def redacted_request(request: httpx.Request, content: bytes | None) -> httpx.Request:
    """Return a request with this content for an error, its credentials hidden."""
    headers = [
        (name, value if name in _HARMLESS else HIDDEN)
        for name, value in request.headers.multi_items()
        if name != "content-length"
    ]
    return httpx.Request(request.method, request.url, headers=headers, content=content)


def redacted_response(received: Received, request: httpx.Request, secrets: Sequence[Secret]) -> httpx.Response:
    """Return a response that holds its content and a redacted request; a header that repeats a secret is hidden."""
    response = received.response
    headers = [
        (name, HIDDEN.encode() if any(secret.is_in(value) for secret in secrets) else value)
        for name, value in response.headers.raw
        if name.lower() not in _TRANSFER_HEADERS
    ]
    redacted = httpx.Response(response.status_code, headers=headers, content=received.content, request=request)
    redacted.encoding = _encoding(response.headers.get("content-type", ""))
    redacted.elapsed = response.elapsed
    return redacted


def redacted_content(received: Received, secrets: Sequence[Secret]) -> Received:
    """Return what was received with the secrets masked: some servers repeat what they were sent."""
    if not any(secret.is_in(received.content) for secret in secrets):
        return received
    text = _masked(received.content.decode("utf-8", "surrogateescape"), secrets)
    return Received(received.response, text.encode("utf-8", "surrogateescape"), received.problem)


def _masked(text: str, secrets: Sequence[Secret]) -> str:
    for secret in secrets:
        text = secret.masked_in(text)
    return text


def _encoding(content_type: str) -> str:
    """Return the encoding that a content type names if it keeps ASCII unchanged, else UTF-8.

    Python knows encodings that are not of text (zlib_codec), that fail (undefined), and that take minutes (punycode).
    """
    named = re.search(_CHARSET, content_type[:_LONGEST_CONTENT_TYPE])
    try:
        is_text = named is not None and _ASCII.decode(named[1], "replace") == _ASCII.decode()
    except (LookupError, ValueError):
        is_text = False
    return named[1] if named is not None and is_text else "utf-8"


def redacted_cause(error: BaseException, secrets: Sequence[Secret]) -> BaseException:
    """Remove from a cause chain what might print a secret: local variables, requests, and what h11 quotes."""
    for link in causes(error):
        link.__traceback__ = None
        link.args = tuple(_masked(part, secrets) if isinstance(part, str) else part for part in link.args)
        if isinstance(link, httpx.RequestError):
            link.request = None  # type: ignore[assignment] # httpx reads None as "no request known"
    return error


def clear_locals(error: BaseException) -> None:
    """Clear the local variables of the frames behind an error that are ours or of the HTTP libraries.

    A call that is cancelled or interrupted stops anywhere, with a key or a client secret in its frames.
    """
    for link in causes(error):
        for frame, _ in walk_tb(link.__traceback__):
            module: str = frame.f_globals.get("__name__", "")
            if module.startswith(_PACKAGE) or module.partition(".")[0] in LIBRARIES:
                with suppress(RuntimeError):  # one that is still running
                    frame.clear()


def without_quotes(error: httpx.HTTPError) -> httpx.HTTPError:
    """Return an error that quotes nothing: what h11 could not read may be a session with its secret."""
    if "bytearray(" in str(error):
        return httpx.RemoteProtocolError("the server sent what is not valid HTTP")
    return error


def verification_failure(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the failure to verify a certificate that caused an error, if one did."""
    return next((link for link in causes(error) if isinstance(link, ssl.SSLCertVerificationError)), None)
