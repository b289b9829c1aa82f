"""The cookies: a handle for each session, and the id of a visitor who is not signed in. All are signed."""

import hashlib
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer, base64_encode

from ._values import Cookie

_HANDLE_SECONDS: Final = 660
"""A minute more than a client secret lives, since clocks differ."""
_VISITOR_SECONDS: Final = 30 * 24 * 3600
_MOST_HANDLES: Final = 8
_MOST_READ: Final = 32
"""More come only from somebody who wants to keep us busy."""
_PURPOSE: Final = "chatkit_sessions.web:"


class _Serializer(URLSafeTimedSerializer):
    """Does not try to compress, which takes longer than to sign and makes no id shorter."""

    def dump_payload(self, obj: object) -> bytes:
        return base64_encode(self.serializer.dumps(obj))


class Cookies:
    """Signs and reads the cookies of one endpoint.

    Args:
        keys: The first signs, and all verify.
        secure: Whether browsers send the cookies over https only.
    """

    def __init__(self, keys: Sequence[bytes], *, secure: bool) -> None:
        signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._signer = _Serializer(list(reversed(keys)), signer_kwargs=signing)  # it signs with the last key
        self._attributes = {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}
        prefix = "__Host-" if secure else ""  # browsers refuse the prefix without Secure
        self._handle, self._visitor = f"{prefix}chatkit-session-", f"{prefix}chatkit-visitor"
        self._is_handle = re.compile(f"{self._handle}[0-9a-f]{{8}}").fullmatch

    def sessions(self, cookies: Mapping[str, str], owner: str) -> dict[str, str]:
        """Return the owner's sessions by the names of their handles, the oldest first."""
        salt, names = f"session:{owner}", self._handles(cookies)[:_MOST_READ]  # browsers send the oldest first
        return {name: found for name in names if (found := self._read(cookies[name], salt, _HANDLE_SECONDS))}

    def added(self, cookies: Mapping[str, str], owner: str, session_id: str) -> list[Cookie]:
        """Return the handle of a new session, which only its owner can use, and cookies that make room for it.

        Invalid handles are removed first, then the oldest.
        """
        useful = self.sessions(cookies, owner)
        names = sorted(self._handles(cookies), key=useful.__contains__)
        surplus = self._expired(names[: max(len(names) + 1 - _MOST_HANDLES, 0)])
        name = self._handle + secrets.token_hex(4)
        return [*surplus, self._signed(name, session_id, f"session:{owner}", _HANDLE_SECONDS)]

    def forgotten(self, cookies: Mapping[str, str]) -> list[Cookie]:
        """Return the cookies that make the browser forget its handles."""
        return self._expired(self._handles(cookies))

    def visitor(self, cookies: Mapping[str, str]) -> str | None:
        """Return the id of a visitor who has been here before."""
        return self._read(cookies.get(self._visitor, ""), "visitor", _VISITOR_SECONDS)

    def new_visitor(self) -> tuple[str, list[Cookie]]:
        """Return an id for a visitor who is new, and the cookie that keeps it."""
        visitor = f"anonymous_{secrets.token_hex(12)}"
        return visitor, [self._signed(self._visitor, visitor, "visitor", _VISITOR_SECONDS)]

    def _handles(self, cookies: Mapping[str, str]) -> list[str]:
        return [name for name in cookies if self._is_handle(name)]

    def _signed(self, name: str, value: str, salt: str, max_age: int) -> Cookie:
        signed = self._signer.dumps(value, salt=_PURPOSE + salt)
        return {"key": name, "value": signed, "max_age": max_age, **self._attributes}

    def _expired(self, names: list[str]) -> list[Cookie]:
        # Only some of many at a time: a proxy refuses an answer with headers of more than a few kilobytes.
        return [{"key": name, "value": "", "max_age": 0, **self._attributes} for name in names[:_MOST_HANDLES]]

    def _read(self, text: str, salt: str, max_age: int) -> str | None:
        try:
            value, signed = self._signer.loads(text, return_timestamp=True, salt=_PURPOSE + salt)
        except (BadData, UnicodeError):
            return None
        # Checked here, since itsdangerous refuses what a machine with a clock one second ahead signed.
        return value if abs(time.time() - signed.timestamp()) <= max_age else None
