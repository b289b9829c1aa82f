import os
from collections.abc import Generator, Iterator

import pytest
from support.leaks import leak_in, watch


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OPENAI_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_secret_comes_to_light() -> Iterator[None]:
    with watch():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if leak_in(report.capstdout + report.capstderr) and not report.failed:
        report.outcome = "failed"
        report.longrepr = "a secret was printed"
    return report
