import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator

import pytest
from support.leaks import Watch, leak_in, watch


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it runs in the background so, and the programs that tests interrupt would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "long: takes many seconds, so no worker should be left with it at the end")
    config.addinivalue_line("markers", "slow: takes minutes, so it runs with `-m slow` alone")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    # What is loaded by now stays to the end, and is much: looking for garbage in it took a sixth of the tests' time.
    if sys.implementation.name == "cpython":
        gc.freeze()


def pytest_sessionfinish() -> None:
    # Hypothesis, which pytest loads at the end if no test has, takes what is frozen for what nobody holds, and warns.
    if sys.implementation.name == "cpython":
        gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OPENAI_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def watched() -> Iterator[Watch]:
    """Every test fails that lets the fake key or the fake secret come to light."""
    with watch() as watched:
        yield watched


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if leak_in(report.capstdout + report.capstderr) and not report.failed:
        report.outcome = "failed"
        report.longrepr = "a secret was printed"
    return report
