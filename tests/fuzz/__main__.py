"""Sends random answers through every way for some time, counts the outcomes, and fails if one is wrong."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Final

from fuzz.worker import WAYS

_TESTS: Final = Path(__file__).parents[1]
_PATH: Final = os.pathsep.join(map(str, (_TESTS, _TESTS.parent / "overrides", _TESTS.parent)))
_SILENCE: Final = 60.0
"""Seconds without an outcome after which a way counts as hung."""
_MANY: Final = 10**9


class Outcomes:
    """What became of the cases of all ways."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.most: dict[str, float] = {"hold": 0.0, "grown": 0.0}

    def add(self, line: dict[str, Any]) -> None:
        """Take note of a case."""
        self.kinds[line["kind"]] += 1
        for figure in self.most:
            self.most[figure] = max(self.most[figure], line[figure])
        if line["wrong"]:
            self.failures.append(line)
            _say(f"FAILED {line['way']} {line['seed']}: {'; '.join(line['wrong'])}")


def main() -> int:
    """Run the fuzzer; return the exit code."""
    parser = argparse.ArgumentParser(prog="./tests/fuzz.sh", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long to go on (default: 600)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="which ways to try (default: all)")
    parser.add_argument("--seed", type=int, default=None, help="the first case (default: at random)")
    parser.add_argument("--cases", type=int, default=_MANY, help="how many for each way (default: as time allows)")
    options = parser.parse_args()
    first = int.from_bytes(os.urandom(4)) * 1000 if options.seed is None else options.seed
    environment = {**os.environ, "PYTHONPATH": _PATH}
    server = subprocess.Popen([sys.executable, "-m", "fuzz.server"], stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    outcomes = {way: Outcomes() for way in options.ways}
    try:
        base_url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        more = [base_url, str(first), str(options.cases), str(options.seconds)]
        threads = [
            threading.Thread(target=_follow, args=([way, *more], environment, outcomes[way])) for way in options.ways
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.terminate()
        server.wait()
    return _report(outcomes, first)


def _follow(arguments: list[str], environment: dict[str, str], outcomes: Outcomes) -> None:
    command = [sys.executable, "-X", "faulthandler", "-m", "fuzz.worker", *arguments]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert worker.stdout is not None
    assert worker.stderr is not None
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(worker.stderr or ()), daemon=True)
    reader.start()
    while True:
        hung = threading.Timer(_SILENCE, worker.kill)
        hung.start()
        line = worker.stdout.readline()
        hung.cancel()
        if not line:
            break
        outcomes.add(json.loads(line))
    code = worker.wait()
    reader.join()
    if code or errors:
        wrong = [f"ended with {code}: {''.join(errors)[-3000:]}"]
        outcomes.add({"way": arguments[0], "seed": -1, "kind": "crash", "wrong": wrong, "hold": 0.0, "grown": 0.0})


def _report(outcomes: dict[str, Outcomes], first: int) -> int:
    cases = failed = 0
    for way, found in outcomes.items():
        cases += found.kinds.total()
        failed += len(found.failures)
        kinds = ", ".join(f"{count} {kind}" for kind, count in found.kinds.most_common())
        figures = f"most held {found.most['hold'] * 1000:.0f} ms, most memory {int(found.most['grown']) >> 20} MiB"
        _say(f"{way}: {found.kinds.total()} cases, {len(found.failures)} failed; {figures}; {kinds}")
    _say(f"{cases} cases from seed {first}: {failed} failed")
    if failed:
        _say("One again: ./tests/fuzz.sh --ways WAY --seed SEED --cases 1")
    return 1 if failed or not cases else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
