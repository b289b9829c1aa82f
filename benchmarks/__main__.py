"""Runs the benchmarks; `--help` tells how."""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import benchmarks
from benchmarks import environments, plan, reach, report, rounds, web
from benchmarks.processes import Server, serving

_KINDS = {"few": "few headers", "many": "17 headers", "tls": "few headers, TLS"}


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.sh", description=benchmarks.__doc__)
    parser.add_argument("--full", action="store_true", help="measure for 20 minutes instead of 3")
    parser.add_argument("--json", action="store_true", help="print JSON, with every sample, instead of the table")
    parser.add_argument("--web", action="store_true", help="measure the endpoint that a page calls, and nothing else")
    given = parser.parse_args()
    if sys.platform != "linux":
        raise SystemExit("The benchmarks pin processes and read /proc, so they run on Linux only.")
    if given.web:
        web.main(full=given.full)
        return
    started = time.monotonic()
    print("making the environments", file=sys.stderr, flush=True)
    made = environments.make()
    with serving(made["server"]) as server:
        about = _about(made, server)
        samples = rounds.take(made, server, plan.FULL if given.full else plan.SHORT)
    outcomes = report.outcomes(samples)
    if given.json:
        print(json.dumps(report.as_data(samples, outcomes, about), indent=2))
    else:
        print(report.heading(about))
        print(report.table(outcomes))
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)


def _about(made: dict[str, environments.Environment], server: Server) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "processor": _processor(),
        "packages": {name: environment.versions() for name, environment in made.items()},
        "server": {name: reach.reach(server, kind) for kind, name in _KINDS.items()},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} processors of {models[0]}" if models else platform.machine()


if __name__ == "__main__":
    main()
