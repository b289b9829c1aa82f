import pytest
from support.twins import Twin

TWINS = [Twin("sync"), Twin("asyncio"), Twin("trio")]


@pytest.fixture(params=TWINS, ids=lambda twin: twin.name)
def twin(request: pytest.FixtureRequest) -> Twin:
    kind: Twin = request.param
    return kind


@pytest.fixture(params=[*TWINS, Twin("aiohttp")], ids=lambda twin: twin.name)
def any_twin(request: pytest.FixtureRequest) -> Twin:
    kind: Twin = request.param
    return kind
