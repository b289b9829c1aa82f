"""Web services that run in a process of their own."""

import os
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_STARTED: Final = re.compile(r"Uvicorn running on (http://\S+)")


@contextmanager
def running(python: Path, app: str, folder: Path, **environment: str) -> Generator[str]:
    """Run a service with uvicorn until the block ends, and yield its URL.

    Args:
        python: The interpreter.
        app: The module and the name of the application in it.
        folder: Where to run it.
        environment: Variables that it gets in addition to this process's own.
    """
    command = [str(python), "-W", "error", "-m", "uvicorn", "--port", "0", app]
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
