"""Arguments that every way to create a session refuses."""

import re
from typing import Any

import pytest

from support.clients import Maker


def variables(value: Any) -> dict[str, Any]:
    return {"workflow": {"id": "wf_1", "state_variables": value}}


async def check_refused(maker: Maker, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """Check that each way to create a session refuses these arguments with the same error, and sends nothing."""
    client = maker.serve()
    with pytest.raises(error, match=re.escape(message)) as caught:
        await client.create(**arguments)
    assert type(caught.value) is error
    if not message.endswith(("as JSON", "wrong type", "expected")):
        assert str(caught.value) == message
    with pytest.raises(error) as raw:
        await client.create_raw(**arguments)
    with pytest.raises(error) as streamed:
        await client.create_streamed(**arguments).__aenter__()
    with pytest.raises(error) as opened:
        await client.open(**arguments).__aenter__()
    assert str(raw.value) == str(streamed.value) == str(opened.value) == str(caught.value)
