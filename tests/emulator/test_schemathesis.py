"""Random chains of requests, valid and not, judged by schemathesis."""

from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator
from hypothesis import HealthCheck, Phase, settings
from support.contract import contract_document


def schema_for(emulator: Emulator) -> Any:
    import schemathesis  # not above, since it takes a second and every worker imports all tests

    schema: Any = schemathesis.openapi.from_dict(contract_document())
    schema.config.update(base_url=emulator.base_url)

    @schema.auth()
    class Key:
        def get(self, case: Any, context: schemathesis.AuthContext) -> str:
            return emulator.api_key

        def set(self, case: Any, data: str, context: schemathesis.AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    return schema


@pytest.mark.long
@pytest.mark.parametrize(
    ("chains", "cases", "without"),
    # Whether the key is checked costs two more requests each time: a few chains show that as well as many.
    [pytest.param(106, 1000, ["ignored_auth"], id="everything"), pytest.param(5, 50, [], id="the key")],
)
def test_no_chain_of_requests_breaks_the_contract(chains: int, cases: int, without: list[str]) -> None:
    with Emulator() as emulator:
        schema = schema_for(emulator)
        schema.config.checks.update(excluded_check_names=without)
        schema.as_state_machine().run(
            settings=settings(
                max_examples=chains,
                stateful_step_count=10,
                phases=[Phase.generate],
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            )
        )

    assert emulator.counts.total() >= cases
    assert emulator.counts["create", 200] > chains // 2
    assert emulator.counts["cancel", 200] > chains // 2
