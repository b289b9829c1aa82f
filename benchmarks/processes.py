"""Starts what is measured, and the server that answers it: each on a processor of its own where there are two."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from benchmarks.canned import SESSION_ID
from benchmarks.contender import API_KEY
from benchmarks.environments import ROOT, Environment

_PROCESSORS: Final = sorted(os.sched_getaffinity(0))
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
# No user's site-packages and no path of the repository: an environment is measured as it was installed.
_ISOLATED: Final = ["-s", "-P"]


@dataclass(frozen=True)
class Server:
    """The canned server: `urls` has its base URL for each kind of answer, `few`, `many` and `tls`."""

    process: int
    urls: Mapping[str, str]
    trusted: Path

    def processor_seconds(self) -> float:
        """Return the processor time that it has used, of which 13 and 14 are the fields after the name."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def variables(self, kind: str) -> dict[str, str]:
        """Return the environment variables with which a contender finds and trusts the server."""
        trust = {"SSL_CERT_FILE": str(self.trusted)} if kind == "tls" else {}
        return {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": self.urls[kind], "PATH": os.defpath, **trust}


@contextmanager
def serving(environment: Environment) -> Generator[Server]:
    """Run the canned server, and leave the other processor to this process and its children."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, "-m", "benchmarks.certificates", directory], cwd=ROOT, check=True)
        command = [str(environment.python), "-m", "benchmarks.server", directory]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            os.sched_setaffinity(process.pid, {_PROCESSORS[0]})
            os.sched_setaffinity(0, {_PROCESSORS[-1]})
            urls = cast("dict[str, str]", json.loads(process.stdout.readline()))
            yield Server(process.pid, urls, Path(directory) / "trusted.pem")
            process.stdin.close()


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds of processor, seconds by the clock, and bytes of memory at the peak."""

    processor: float
    clock: float
    peak: float


def run(*command: str, variables: Mapping[str, str]) -> Cost:
    """Run a process to its end."""
    launch = [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "launch.py"), *command]
    done = subprocess.run(launch, env=dict(variables), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("a measured process failed")
    processor, clock, peak = cast("list[float]", json.loads(done.stdout))
    return Cost(processor, clock, peak * 1024)


def run_program(environment: Environment, program: str, variables: Mapping[str, str]) -> Cost:
    """Run a Python program in an environment."""
    return run(str(environment.python), *_ISOLATED, "-c", program, variables=variables)


def check_types(environment: Environment, program: str) -> Cost:
    """Run mypy, without a cache, on a file of a user who has this environment."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "app.py"
        file.write_text(program)
        mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={os.devnull}"]
        return run(*mypy, f"--python-executable={environment.python}", str(file), variables={"PATH": os.defpath})


class Child:
    """A process that makes calls with one contender when told to."""

    def __init__(self, environment: Environment, contender: str, variables: Mapping[str, str]) -> None:
        program = ROOT / "benchmarks" / "contender.py"
        self._process = subprocess.Popen(
            [environment.python, *_ISOLATED, program, contender, SESSION_ID],
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._contender = contender

    def unpin(self) -> None:
        """Let it run on any processor: its time is not measured."""
        os.sched_setaffinity(self._process.pid, _PROCESSORS)

    def tell(self, order: Mapping[str, object]) -> None:
        """Let it begin to carry out an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, float]:
        """Return what the order cost, once it is carried out."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._contender} failed")
        return cast("dict[str, float]", json.loads(line))

    def close(self) -> None:
        """End it."""
        self._process.communicate()
