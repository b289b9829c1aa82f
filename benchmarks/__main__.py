"""Runs the benchmarks; `--help` tells how."""

import argparse
import json
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import benchmarks
from benchmarks import environments, plan, publish, reach, report, rounds, web
from benchmarks.processes import Server, serving

_RESULT = publish.RESULT.relative_to(environments.ROOT)
_KINDS = {"few": "few headers", "many": "17 headers", "tls": "few headers, TLS"}


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.sh", description=benchmarks.__doc__)
    parser.add_argument("--full", action="store_true", help=f"measure for 25 minutes instead of 2, and write {_RESULT}")
    parser.add_argument("--json", action="store_true", help="print JSON, with every sample, instead of the table")
    parser.add_argument("--web", action="store_true", help="measure the endpoint that a page calls, and nothing else")
    parser.add_argument("--publish", action="store_true", help=f"write the pages and the chart from {_RESULT}, and end")
    given = parser.parse_args()
    if given.publish:
        publish.publish(json.loads(publish.RESULT.read_text("utf-8")))
        return
    if sys.platform != "linux":
        raise SystemExit("The benchmarks pin processes and read /proc, so they run on Linux only.")
    if given.web:
        samples = rounds.Samples()
        web.take(samples, full=given.full)
        print(report.table(report.outcomes(samples)))
        return
    _measure(full=given.full, as_json=given.json)


def _measure(*, full: bool, as_json: bool) -> None:
    started = time.monotonic()
    print("making the environments", file=sys.stderr, flush=True)
    made = environments.make()
    with serving(made["server"]) as server:
        about = _about(made, server)
        samples = rounds.take(made, server, plan.FULL if full else plan.SHORT)
    web.take(samples, full=full)
    outcomes = report.outcomes(samples)
    about |= {"full": full, "minutes": round((time.monotonic() - started) / 60)}
    data = json.dumps(report.as_data(samples, outcomes, about), indent=1)
    if full:
        publish.RESULT.write_text(data + "\n", "utf-8")
    print(data if as_json else f"{report.heading(about)}\n{report.table(outcomes)}")


def _about(made: dict[str, environments.Environment], server: Server) -> dict[str, object]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
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
