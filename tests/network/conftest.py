import pytest
from support.clients import ALL_TWINS, TWINS, Twin


@pytest.fixture(params=TWINS, ids=lambda twin: twin.name)
def twin(request: pytest.FixtureRequest) -> Twin:
    kind: Twin = request.param
    return kind


@pytest.fixture(params=ALL_TWINS, ids=lambda twin: twin.name)
def any_twin(request: pytest.FixtureRequest) -> Twin:
    kind: Twin = request.param
    return kind
