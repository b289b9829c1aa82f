import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest
from spec import environment


def test_this_environment_has_what_writes_the_generated_code() -> None:
    command = [sys.executable, "-I", environment.__file__]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("found", [None, "0.29.0", "0.29.1.post1"])
def test_another_version_of_one_distribution_or_none_will_not_do(
    monkeypatch: pytest.MonkeyPatch, found: str | None
) -> None:
    def other_version(name: str) -> str:
        if name != "openapi-python-client":
            return version(name)
        if found is None:
            raise PackageNotFoundError(name)
        return found

    assert environment.is_ready()
    monkeypatch.setattr(environment, "version", other_version)
    assert not environment.is_ready()
