"""The entry without bash: `cd overrides`, then `python -m spec`, where the `codegen` group is installed."""

import sys
from pathlib import Path

from spec import environment

ROOT = Path(__file__).parents[2]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: The command line.
        root: The folder of openapi.yaml and generated_client/.
    """
    if not environment.is_ready():
        sys.stderr.write(
            "generate.sh: This Python does not have the pinned generator. Make an environment that has it, with\n"
            "  python -m pip install --group codegen\n"
            "at the root of the repository; nothing was written.\n"
        )
        return 1
    from spec.command import run

    return run(arguments, root)


if __name__ == "__main__":
    from spec.watch import watched

    sys.exit(watched(lambda: main(sys.argv[1:])))
