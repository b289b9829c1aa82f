"""What `chatkit-sessions` and `python -m chatkit_sessions` run."""

import sys
from typing import NoReturn

from chatkit_sessions.cli.streams import NOT_WRITTEN, give_up_output, prepare


def main() -> None:
    """Run the command line.

    `--version` and `vendor` need no extra, `emulator` needs `chatkit-sessions[emulator]`, everything else `[cli]`.
    """
    if problem := prepare():
        _fail(problem, NOT_WRITTEN)
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except ImportError as error:
        _fail(str(error), 3)
    except OSError as error:  # commands handle their own errors
        code, words = give_up_output(error)
        if words is not None:
            _fail(words, code)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        from chatkit_sessions.cli.version import version_text

        sys.stdout.write(version_text() + "\n")
        return 0
    if arguments[:1] == ["vendor"]:
        from chatkit_sessions._vendor import main as vendor

        return vendor(arguments[1:])
    if arguments[:1] == ["emulator"]:
        from chatkit_sessions.cli.serve import main as serve

        return serve(arguments[1:])
    try:
        from chatkit_sessions.cli.app import run
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        _fail("this command needs Typer: pip install 'chatkit-sessions[cli]'", 3)
    return run()


def _fail(problem: str, code: int) -> NoReturn:
    sys.stderr.write(f"Error: {problem}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
