"""Measures the endpoint that a page calls against the same one written on the official package, both with FastAPI.

The service has one processor to itself; the canned server that stands for
OpenAI and the visitors share the other.
"""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks import environments, plan
from benchmarks.environments import ROOT, Environment
from benchmarks.processes import serving
from benchmarks.rounds import Samples

_ASK: Final = "POST /chat/session HTTP/1.1\r\nHost: localhost\r\nX-User: user{}\r\nContent-Length: 0\r\n\r\n"
_USERS: Final = itertools.count()


@dataclass(frozen=True)
class Rate:
    """Visitors per second by the clock, and seconds of processor for each."""

    per_second: float
    processor: float


class Service:
    """A running service of one contender."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._port = int(self._said())

    def measure(self, at_once: int, seconds: float) -> Rate:
        """Let so many visitors ask, each again as soon as it has an answer."""
        before, began = self._processor(), time.perf_counter()
        visitors = asyncio.run(_visit(self._port, at_once, seconds))
        took = time.perf_counter() - began
        return Rate(visitors / took, (self._processor() - before) / visitors)

    def longest(self, at_once: int, seconds: float) -> float:
        """Return the seconds of processor that the longest callback of its loop took."""
        self._tell("watch")
        self.measure(at_once, seconds)
        self._tell("longest")
        return float(self._said()) / 1000

    def _tell(self, order: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _processor(self) -> float:
        with open(f"/proc/{self._process.pid}/schedstat") as file:  # noqa: PTH123 # /proc has no other way
            return int(file.read().split()[0]) / 1e9


@contextmanager
def _running(environment: Environment, contender: str, variables: Mapping[str, str]) -> Generator[Service]:
    command = [str(environment.python), "-s", "-P", str(ROOT / "benchmarks" / "web_service.py"), contender]
    with subprocess.Popen(
        command, env=dict(variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        processors = sorted(os.sched_getaffinity(process.pid))
        os.sched_setaffinity(process.pid, {processors[-1]})
        yield Service(process)
        assert process.stdin is not None
        process.stdin.close()


async def _visit(port: int, at_once: int, seconds: float) -> int:
    ends = time.perf_counter() + seconds

    async def visitor() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = 0
        while time.perf_counter() < ends:
            writer.write(_ASK.format(next(_USERS)).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"a visitor got {head.decode()}")
            asked += 1
        writer.close()
        return asked

    return sum(await asyncio.gather(*(visitor() for _ in range(at_once))))


def take(samples: Samples, *, full: bool) -> None:
    """Take all samples; this process stays on the server's processor."""
    made = environments.make(environments.WEB)
    rounds, seconds = (7, 3.0) if full else (3, 1.0)
    with serving(made["server"]) as server:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(server.process))})
        variables = server.variables("many")
        with (
            _running(made["web, ours"], "ours", variables) as ours,
            _running(made["web, openai"], "openai", variables) as theirs,
        ):
            _measure(samples, {"ours": ours, "openai": theirs}, rounds, seconds)


def _measure(samples: Samples, services: Mapping[str, Service], rounds: int, seconds: float) -> None:
    for service in services.values():
        service.measure(300, seconds)  # loads and connects what the first visitors would wait for
    for number in range(rounds):
        print(f"web endpoint {number + 1}/{rounds}", file=sys.stderr, flush=True)
        for at_once, (name, service) in itertools.product(plan.WEB_AT_ONCE, services.items()):
            rate = service.measure(at_once, seconds)
            samples.add(plan.WEB_CPU[at_once], name, rate.processor)
            samples.add(plan.WEB_RATE[at_once], name, rate.per_second)
    for name, service in services.items():
        samples.add(plan.WEB_LONGEST, name, service.longest(300, seconds))
