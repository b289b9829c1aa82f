"""Mints and cancels sessions in every way that loads something of its own; for programs that are packed or frozen.

Usage: mint.py URL-OF-A-SERVER
It prints, as JSON, whose sessions were created, and the wait of a refusal.
"""

import asyncio
import json
import logging
import sys
from logging.handlers import BufferingHandler

from chatkit_sessions import AsyncSessions, RateLimitError, RetryPolicy, Sessions, omit, types

KEY = "sk-packed-programs"


def call(base_url: str) -> str | None:
    with Sessions(api_key=KEY, base_url=base_url) as sessions, sessions.open(user="sync", workflow="wf_1") as session:
        return session.user


async def call_async(base_url: str, **options: str) -> str | None:
    async with AsyncSessions(api_key=KEY, base_url=base_url, **options) as sessions:  # type: ignore[arg-type] # of argv
        session = await sessions.create(user="async", workflow="wf_1", rate_limits=omit)
        await sessions.cancel(session)
        return session.user


def limit(base_url: str) -> bool:
    """Tell whether a refusal that names a date is understood, which is what python-dateutil is for."""
    try:
        with Sessions(api_key=KEY, base_url=base_url, max_retries=0) as sessions:
            sessions.create(user="limited", workflow="wf_1")
    except RateLimitError as error:
        return error.retry_after is not None and error.retry_after > 10**9
    return False


def main(base_url: str, *backends: str) -> None:
    assert all((types.Tracing, RetryPolicy))
    # What a client of httpx sends is logged there, and our own connections do without one.
    by_httpx = BufferingHandler(capacity=100)
    logging.getLogger("httpx").addHandler(by_httpx)
    logging.getLogger("httpx").setLevel(logging.INFO)
    users = [call(base_url), asyncio.run(call_async(base_url))]
    users += [asyncio.run(call_async(base_url, http_backend=backend)) for backend in backends]
    print(json.dumps([users, limit(base_url)]))
    assert not by_httpx.buffer


def program() -> None:
    main(*sys.argv[1:])


if __name__ == "__main__":
    program()
