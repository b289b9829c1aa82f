"""AsyncSessions on aiohttp's connection pool, for hundreds of calls at once (extra `aiohttp`)."""

import httpx
from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from httpx_aiohttp import AiohttpTransport

from ._network import IDLE_SECONDS, MAX_CONNECTIONS, no_ssl_context, ssl_context


def new_transport() -> httpx.AsyncBaseTransport:
    """Return a transport for the running event loop; proxies come from the environment."""
    return AiohttpTransport(verify=no_ssl_context(), client=_session)


def _session() -> ClientSession:
    return ClientSession(
        connector=TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_SECONDS, ssl=ssl_context()),
        cookie_jar=DummyCookieJar(),
        trust_env=True,
    )
