"""The cookies: a handle for each session, and the id of a visitor who is not signed in. All are signed."""

import hashlib
import re
import secrets
import time
from collections.abc import Mapping
from typing import Final, cast

from itsdangerous import BadData, URLSafeTimedSerializer

from ._values import Cookie

_HANDLE_SECONDS: Final = 660
"""A minute more than a client secret can live, for clocks that differ."""
_VISITOR_SECONDS: Final = 30 * 24 * 3600
_MOST_HANDLES: Final = 8
_MOST_READ: Final = 32
"""More come only from somebody who wants us to check signatures."""
_SHORTEST_SECRET: Final = 16
_PURPOSE: Final = "chatkit_sessions.web:"


class Cookies:
    """Signs and reads the cookies of one endpoint.

    Args:
        secret: What signs; of a list the first signs, and all verify.
        secure: Whether browsers send the cookies over https only.

    Raises:
        TypeError: The secret is not a str, or a list of them.
        ValueError: It is too short.
    """

    def __init__(self, secret: object, *, secure: bool) -> None:
        self._signer = URLSafeTimedSerializer(
            _validated(secret)[::-1],  # itsdangerous signs with the last one
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._attributes = {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}
        prefix = "__Host-" if secure else ""  # browsers refuse the prefix without Secure
        self._handle, self._visitor = f"{prefix}chatkit-session-", f"{prefix}chatkit-visitor"
        self._is_handle = re.compile(f"{self._handle}[0-9a-f]{{8}}").fullmatch

    def handle(self, session_id: str, owner: str) -> Cookie:
        """Return the handle of a new session, which only its owner can use."""
        value = self._signed(session_id, f"session:{owner}")
        return self._cookie(self._handle + secrets.token_hex(4), value, _HANDLE_SECONDS)

    def sessions(self, cookies: Mapping[str, str], owner: str) -> dict[str, str]:
        """Return the owner's sessions by the names of their handles, the oldest first."""
        names, salt = self._handles(cookies)[:_MOST_READ], f"session:{owner}"  # browsers send the oldest first
        found = {name: self._read(cookies[name], salt, _HANDLE_SECONDS) for name in names}
        return {name: session_id for name, session_id in found.items() if session_id is not None}

    def surplus(self, cookies: Mapping[str, str], owner: str) -> list[Cookie]:
        """Return what makes room for one more handle: what is useless goes first, then the oldest."""
        names, useful = self._handles(cookies), self.sessions(cookies, owner)
        order = [name for name in names if name not in useful] + list(useful)
        return self._expired(order[: max(len(names) + 1 - _MOST_HANDLES, 0)])

    def forgotten(self, cookies: Mapping[str, str]) -> list[Cookie]:
        """Return what makes the browser forget its handles."""
        return self._expired(self._handles(cookies))

    def visitor(self, cookies: Mapping[str, str]) -> str | None:
        """Return the id of a visitor who has been here before."""
        return self._read(cookies.get(self._visitor, ""), "visitor", _VISITOR_SECONDS)

    def new_visitor(self) -> tuple[str, Cookie]:
        """Return an id for a visitor who is new, and the cookie that keeps it."""
        visitor = f"anonymous_{secrets.token_hex(12)}"
        return visitor, self._cookie(self._visitor, self._signed(visitor, "visitor"), _VISITOR_SECONDS)

    def _handles(self, cookies: Mapping[str, str]) -> list[str]:
        return [name for name in cookies if self._is_handle(name)]

    def _expired(self, names: list[str]) -> list[Cookie]:
        # Not all at once if they are many: a proxy refuses an answer with headers of more than a few kilobytes.
        return [self._cookie(name, "", 0) for name in names[:_MOST_HANDLES]]

    def _signed(self, value: str, salt: str) -> str:
        return self._signer.dumps(value, salt=_PURPOSE + salt)

    def _read(self, text: str, salt: str, max_age: int) -> str | None:
        try:
            value, signed = self._signer.loads(text, return_timestamp=True, salt=_PURPOSE + salt)
        except (BadData, UnicodeError):
            return None
        # By hand, since itsdangerous refuses what a machine signed whose clock is a second ahead.
        return value if abs(time.time() - signed.timestamp()) <= max_age else None

    def _cookie(self, key: str, value: str, max_age: int) -> Cookie:
        return {"key": key, "value": value, "max_age": max_age, **self._attributes}


def _validated(secret: object) -> list[str]:
    given = list(cast("list[object]", secret)) if isinstance(secret, list | tuple) else [secret]
    for each in given:
        if not isinstance(each, str):
            raise TypeError(f"secret: expected a str or a list of str, got {type(each).__name__}")
        if len(each) < _SHORTEST_SECRET:
            raise ValueError(f"secret: expected {_SHORTEST_SECRET} characters or more, got {len(each)}")
    if not given:
        raise ValueError("secret: expected a str or a list of str, got an empty list")
    return cast("list[str]", given)
