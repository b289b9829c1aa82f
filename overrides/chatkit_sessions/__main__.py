"""What `chatkit-sessions` and `python -m chatkit_sessions` run."""

import sys


def main() -> None:
    """Run the command line.

    `--version` and `vendor` need no extra, `emulator` needs `chatkit-sessions[emulator]`, all else needs `[cli]`.
    """
    try:
        if sys.argv[1:] == ["--version"]:
            from chatkit_sessions.cli.version import version_text

            sys.stdout.write(version_text() + "\n")
            return
        if sys.argv[1:2] == ["vendor"]:
            from chatkit_sessions._vendor import main as vendor

            sys.exit(vendor(sys.argv[2:]))
        if sys.argv[1:2] == ["emulator"]:
            from chatkit_sessions.cli.serve import main as serve

            sys.exit(serve(sys.argv[2:]))
        try:
            from chatkit_sessions.cli.app import app
        except ModuleNotFoundError as error:
            if error.name != "typer":
                raise
            sys.stderr.write("Error: this command needs Typer: pip install 'chatkit-sessions[cli]'\n")
            sys.exit(3)
        app(prog_name="chatkit-sessions")
    except KeyboardInterrupt:
        sys.exit(130)
    except ImportError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(3)


if __name__ == "__main__":
    main()
