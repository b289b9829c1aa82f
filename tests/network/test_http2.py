"""HTTP/2 through a client of the user's."""

import pytest
from support.clients import Client, Twin
from support.http2_server import Http2Server


@pytest.mark.parametrize("leaves", ["before its last answer", "after its last answer"])
def test_a_server_that_takes_leave_of_a_connection_costs_no_call(twin: Twin, leaves: str) -> None:
    async def job(client: Client) -> list[str]:
        return [(await client.create(user=f"user_{n}")).id for n in range(10)]

    with Http2Server(requests=3, leaves_first=leaves.startswith("before")) as server:
        ids = twin.run(job, base_url=server.base_url, http={"http1": False, "http2": True})
    assert len(ids) == 10
    assert server.connections >= 4
