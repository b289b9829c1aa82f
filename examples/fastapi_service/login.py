"""Who is logged in, by cookies that this service signs. Your own login takes the place of this module."""

import hmac
import os
from typing import Annotated

from fastapi import Cookie, HTTPException


def seal(value: str) -> str:
    """Sign a value, so that it can be handed to a browser and trusted when it comes back."""
    return f"{value}.{_signature(value)}"


def unseal(text: str | None) -> str | None:
    """Return the value that was sealed, None if nobody with our secret sealed this."""
    value, _, signature = (text or "").rpartition(".")
    return value if hmac.compare_digest(signature.encode(), _signature(value).encode()) else None


async def current_user(login: Annotated[str | None, Cookie()] = None) -> str:
    """Return the id of the user who is logged in."""
    user = unseal(login)
    if user is None:
        raise HTTPException(401, "log in first")
    return user


def _signature(value: str) -> str:
    return hmac.digest(os.environ["SERVICE_SECRET"].encode(), value.encode(), "sha256").hex()
