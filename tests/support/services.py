"""Web services that run in processes of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_STARTED: Final = re.compile(r"(?:Uvicorn running on|Listening at:) (http://\S+)")


@contextmanager
def running(python: Path, app: str, folder: Path, **environment: str) -> Generator[str]:
    """Run a service with uvicorn until the block ends, and yield its URL.

    Args:
        python: The interpreter.
        app: The module and the name of the application in it.
        folder: Where to run it.
        environment: Variables that it gets in addition to this process's own.
    """
    with _started([str(python), "-W", "error", "-m", "uvicorn", "--port", "0", app], folder, environment) as url:
        yield url


@contextmanager
def gunicorn(app: str, folder: Path, *options: str, **environment: str) -> Generator[str]:
    """Run a service with gunicorn until the block ends, and yield its URL. The arguments are those of `running`."""
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket", *options, app]
    with _started(command, folder, environment) as url:
        yield url


@contextmanager
def _started(command: list[str], folder: Path, environment: dict[str, str]) -> Generator[str]:
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    with subprocess.Popen(command, cwd=folder, env=variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        try:
            for line in process.stderr:
                said.append(line)
                if found := _STARTED.search(line):
                    yield found[1]
                    break
            else:
                raise AssertionError("".join(said))
        finally:
            process.terminate()
            process.stderr.read()
    assert process.returncode in (0, -15), "".join(said)
