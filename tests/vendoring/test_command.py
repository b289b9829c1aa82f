"""The ways to call the command."""

import sys
from pathlib import Path

import pytest
from chatkit_sessions import __version__
from chatkit_sessions.cli.app import app
from support.copies import run_with
from typer.testing import CliRunner


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--help"], 0, "vendor    Copy this package into another source tree"),
        (["vendor", "--help"], 0, "Exit codes: 0 written, or with --check or --diff unchanged; 1 edited;"),
        (["vendor", "copied"], 0, "copied/chatkit_sessions: wrote version "),
        (["vendor", "copied", "--check"], 2, "Error: there is no copy in copied/chatkit_sessions"),
        (["vendor"], 2, "the following arguments are required: DEST"),
        (["vendor", "a", "b"], 2, "unrecognized arguments: b"),
        (["vendor", "copied", "--check", "--force"], 2, "--force: not allowed with argument --check"),
        (["vendor", "copied", "--diff", "--check"], 2, "--check: not allowed with argument --diff"),
        (["vendor", "copied", "--diff"], 2, "Error: there is no copy in copied/chatkit_sessions"),
        (["vendor", "copied", "--check", "--with", "web"], 2, "--with says what to write, and --check and --diff"),
    ],
)
def test_it_is_one_command_among_the_others(arguments: list[str], code: int, words: str, tmp_path: Path) -> None:
    done = run_with(Path(sys.executable), "-m", "chatkit_sessions", *arguments, folder=tmp_path)
    assert done.returncode == code
    output = " ".join((done.stdout + done.stderr).split())
    assert " ".join(words.split()) in output
    assert "Traceback" not in output


def test_typer_hands_it_all_options(copy: Path) -> None:
    done = CliRunner().invoke(app, ["vendor", str(copy.parent), "--name", copy.name, "--check"])
    assert (done.exit_code, done.output) == (0, f"{copy}: version {__version__}, unchanged.\n")
