"""Many visitors at once, while some calls to OpenAI fail."""

import asyncio
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
from chatkit_sessions.emulator import Emulator, Fault
from chatkit_sessions.web import SessionEndpoint
from support.sites import NO_TLS, PATH, Site


async def ask_all(url: str, visitors: int) -> list[httpx.Response]:
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits, verify=NO_TLS) as client:
        return await asyncio.gather(
            *(client.post(PATH, headers={"x-user": f"visitor{number}"}) for number in range(visitors))
        )


@pytest.mark.parametrize("visitors", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_each_of_many_visitors_gets_a_secret_of_their_own_or_a_time_to_wait(
    site: Site, make: Callable[..., SessionEndpoint], upstream: Emulator, visitors: int
) -> None:
    make()
    upstream.faults.at_rate(0.05, Fault(status=500), seed=7)

    answers = asyncio.run(ask_all(site.url, visitors))

    minted = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(minted) > visitors / 2
    assert Counter(answer.status_code for answer in refused).keys() == {503}
    assert all(2 <= int(answer.headers["retry-after"]) <= 120 for answer in refused)
    given = {answer.json()["client_secret"]: answer.request.headers["x-user"] for answer in minted}
    assert len(given) == len(minted), "no secret was given twice"
    owners = {each.client_secret: each.user for each in upstream.sessions.values()}
    assert given.items() <= owners.items(), "each is its own visitor's"
