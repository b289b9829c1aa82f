"""Cookies that a server gives to a user's client."""

import asyncio
from typing import Any

import httpx
import httpx2
import pytest
from chatkit_sessions import AsyncSessions, Sessions
from support.session import SESSION

BEYOND_ASCII = [b"a\xff\xfe=b", b"a=caf\xe9; Path=/v1", "name=caf\u00e9".encode(), b"kept=1, \xe4=2"]


class Server:
    """Sets a cookie, and keeps the cookies that come back."""

    def __init__(self, package: Any, cookie: bytes) -> None:
        self.package, self.cookie = package, cookie
        self.came: list[str] = []

    def __call__(self, request: Any) -> Any:
        self.came.append(request.headers.get("cookie", ""))
        headers = [(b"set-cookie", self.cookie), (b"set-cookie", b"good=1")]
        return self.package.Response(200, headers=headers, json=SESSION)


@pytest.mark.parametrize("cookie", BEYOND_ASCII, ids=ascii)
@pytest.mark.parametrize("params", [{}, {"a": "b"}], ids=["plain", "that builds"])
@pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_cookie_that_no_header_can_carry_is_forgotten(package: Any, params: dict[str, str], cookie: bytes) -> None:
    server = Server(package, cookie)
    with (
        package.Client(transport=package.MockTransport(server), params=params) as http_client,
        Sessions(api_key="sk-0123456789", http_client=http_client) as sessions,
    ):
        for _ in range(3):
            sessions.create(user="u", workflow="wf_1")
    assert server.came[0] == ""
    assert all("good=1" in each for each in server.came[1:])


@pytest.mark.parametrize("cookie", BEYOND_ASCII, ids=ascii)
@pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_cookie_that_no_header_can_carry_is_forgotten_by_async_clients(package: Any, cookie: bytes) -> None:
    server = Server(package, cookie)

    async def main() -> None:
        async with (
            package.AsyncClient(transport=package.MockTransport(server)) as http_client,
            AsyncSessions(api_key="sk-0123456789", http_client=http_client) as sessions,
        ):
            for _ in range(3):
                await sessions.create(user="u", workflow="wf_1")

    asyncio.run(main())
    assert server.came[0] == ""
    assert all("good=1" in each for each in server.came[1:])
