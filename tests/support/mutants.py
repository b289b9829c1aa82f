"""Counts what `tests/mutate.sh` found, names the mutants that no test noticed, and fails when they are too many."""

import sys
from collections import Counter, defaultdict

LEAST = 0.9
NOTICED = ("killed", "caught by type check", "timeout")


def main(results: str) -> int:
    """Take what `mutmut results --all true` prints, and return the exit code."""
    modules: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in results.splitlines():
        name, _, status = line.strip().partition(": ")
        if status != "not checked":
            modules[name.split(".")[1]][status] += 1
            if status not in NOTICED:
                print(f"{status}: {name}")
    every = sum(modules.values(), Counter[str]())
    for module, found in [*sorted(modules.items()), ("all", every)]:
        noticed = sum(found[status] for status in NOTICED)
        share = noticed / found.total()
        print(f"{module}: {noticed} of {found.total()} mutants noticed, {share:.1%} ({dict(found)})")
    return int(sum(every[status] for status in NOTICED) < LEAST * every.total())


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))
