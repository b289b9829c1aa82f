"""Takes keys and secrets out of what an error or a raw response keeps of a call."""

import re
import ssl
from contextlib import suppress
from traceback import walk_tb
from typing import Final

import httpx

from .._errors import causes
from .._secret import HIDDEN, Secret
from .decoding import Received

_SECRET_HEADERS: Final = ("authorization", "proxy-authorization", "api-key", "x-api-key", "cookie")
# No longer true of a body that has been read and decompressed.
_TRANSFER_HEADERS: Final = (b"content-encoding", b"content-length", b"transfer-encoding")
_PACKAGE: Final = __name__.removesuffix("_call.redaction")
LIBRARIES: Final = frozenset(
    {"aiohttp", "anyio", "asyncio", "h11", "h2", "hpack", "httpcore", "httpcore2", "httpx", "httpx2", "httpx_aiohttp"}
    | {"socket", "ssl", "trio", "uvloop"}
)
"""The packages that a call goes through. Their exceptions are about connections."""
_ASCII: Final = b"".join(bytes([code]) for code in range(32, 127) if code != ord("\\")) + b"\\n"
_CHARSET: Final = re.compile(r"""charset\s?=\s?["']?([\w.:-]+)""", re.ASCII | re.IGNORECASE)
_LONGEST_CONTENT_TYPE: Final = 200


def redacted_request(request: httpx.Request, content: bytes | None) -> httpx.Request:
    """Return a request of this content as an error may hold it: its credentials hidden."""
    headers = request.headers.copy()
    for name in _SECRET_HEADERS:
        if name in headers:
            headers[name] = HIDDEN
    headers.pop("content-length", None)
    return httpx.Request(request.method, request.url, headers=headers, content=content)


def redacted_response(received: Received, request: httpx.Request, key: Secret) -> httpx.Response:
    """Return a response that holds its content and a redacted request; a header that repeats the key is hidden."""
    response = received.response
    headers = [
        (name, HIDDEN.encode() if key.is_in(value) else value)
        for name, value in response.headers.raw
        if name.lower() not in _TRANSFER_HEADERS
    ]
    redacted = httpx.Response(response.status_code, headers=headers, content=received.content, request=request)
    redacted.encoding = _encoding(response.headers.get("content-type", ""))
    redacted.elapsed = response.elapsed
    return redacted


def redacted_content(received: Received, key: Secret) -> Received:
    """Return what was received with the key masked: some servers repeat what they were sent."""
    if not key.is_in(received.content):
        return received
    text = received.content.decode("utf-8", "surrogateescape")
    return Received(received.response, key.masked_in(text).encode("utf-8", "surrogateescape"), received.problem)


def _encoding(content_type: str) -> str:
    """Return the encoding that a content type names if it leaves ASCII as it is, else UTF-8.

    Python knows encodings that are not of text (zlib_codec), that fail (undefined), and that take minutes (punycode).
    """
    named = _CHARSET.search(content_type[:_LONGEST_CONTENT_TYPE])
    try:
        is_text = named is not None and _ASCII.decode(named[1], "replace") == _ASCII.decode()
    except (LookupError, ValueError):
        is_text = False
    return named[1] if named is not None and is_text else "utf-8"


def redacted_cause(error: BaseException, key: Secret) -> BaseException:
    """Take from a cause chain what might print a secret: local variables, requests, and the key in what h11 quotes."""
    for link in causes(error):
        link.__traceback__ = None
        link.args = tuple(key.masked_in(part) if isinstance(part, str) else part for part in link.args)
        if isinstance(link, httpx.RequestError):
            link.request = None  # type: ignore[assignment] # httpx reads None as "no request known"
    return error


def clear_locals(error: BaseException) -> None:
    """Clear the local variables of the frames behind an error that are ours or of the HTTP libraries.

    A call that is cancelled or interrupted stops anywhere, with a key or a client secret at hand.
    """
    for link in causes(error):
        for frame, _ in walk_tb(link.__traceback__):
            module: str = frame.f_globals.get("__name__", "")
            if module.startswith(_PACKAGE) or module.partition(".")[0] in LIBRARIES:
                with suppress(RuntimeError):  # one that is still running
                    frame.clear()


def without_quotes(error: httpx.HTTPError) -> httpx.HTTPError:
    """Return an error whose text quotes nothing: what h11 could not read may be a session with its secret."""
    if "bytearray(" in str(error):
        return httpx.RemoteProtocolError("the server sent what is not valid HTTP")
    return error


def verification_failure(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the failure to verify a certificate that is behind an error, if one is."""
    return next((link for link in causes(error) if isinstance(link, ssl.SSLCertVerificationError)), None)
