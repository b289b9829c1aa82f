"""The command where its streams are closed, full or unread, where files never end, and what it leaves unloaded."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from chatkit_sessions.cli.streams import give_up_output
from chatkit_sessions.emulator import Emulator, Fault
from support.shell import Shell
from support.terminal import COMMAND, Terminal

CREATE = ("create", "--user", "u", "--workflow", "wf_1")
NOT_WRITTEN = "standard output cannot be written: No space left on device"

needs_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
needs_bash = pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the streams")


def run_redirected(redirection: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with streams that a shell redirects or closes."""
    script = f'exec "$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND, *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@needs_dev_full
@needs_bash
@pytest.mark.parametrize("arguments", [CREATE, ("--version",), ("--help",)], ids=" ".join)
def test_an_output_that_cannot_be_written_is_told_in_a_sentence(shell: Shell, arguments: tuple[str, ...]) -> None:
    ended = run_redirected("> /dev/full", *arguments, **shell.variables)
    assert ended.stderr == f"Error: {NOT_WRITTEN}\n"
    assert ended.returncode == 3


@needs_dev_full
@needs_bash
def test_an_output_that_cannot_be_written_is_told_a_machine_in_json(shell: Shell) -> None:
    ended = run_redirected("> /dev/full", *CREATE, "--json", **shell.variables)
    assert json.loads(ended.stderr) == {"error": {"type": "CommandError", "message": NOT_WRITTEN}, "exit_code": 3}
    assert ended.returncode == 3


@needs_bash
@pytest.mark.parametrize("arguments", [CREATE, (*CREATE, "--json"), ("--version",)], ids=" ".join)
def test_nothing_is_sent_when_standard_output_is_closed(
    emulator: Emulator, shell: Shell, arguments: tuple[str, ...]
) -> None:
    ended = run_redirected(">&-", *arguments, **shell.variables)
    assert ended.stderr == "Error: standard output is closed\n"
    assert ended.returncode == 3
    assert emulator.requests == []


@needs_dev_full
@needs_bash
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(("arguments", "code"), [(CREATE, 0), (("create", "--user", "u"), 2), (("create", "-x"), 2)])
def test_a_command_ends_as_usual_when_nothing_can_be_said_on_standard_error(
    shell: Shell, redirection: str, arguments: tuple[str, ...], code: int
) -> None:
    if arguments[-1] == "-x" and redirection != "2>&-":
        pytest.skip("Typer itself writes this message")
    assert run_redirected(redirection, *arguments, **shell.variables).returncode == code


@needs_bash
def test_a_closed_standard_input_reads_as_empty(shell: Shell) -> None:
    ended = run_redirected("<&-", "create", "--json-body", "-", **shell.variables)
    assert ended.stderr.startswith("Error: --json-body: not JSON")
    assert ended.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), 0),
        (("create", "--help"), 0),
        (("create", "--user", "日本", "--workflow", "wf_1"), 0),
        (("vendor", "日本"), 0),
        (("vendor", "日本", "--check"), 2),
        (("cancel", "日 本"), 2),
    ],
)
def test_a_console_that_lacks_a_character_stops_no_command(
    tmp_path: Path, shell: Shell, arguments: tuple[str, ...], code: int
) -> None:
    ended = subprocess.run(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        env=os.environ | shell.variables | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert b"Traceback" not in ended.stderr
    assert ended.returncode == code


@pytest.mark.parametrize(
    ("platform", "error", "code"),
    [
        ("win32", OSError(errno.EINVAL, "Invalid argument"), 141),
        ("linux", OSError(errno.EINVAL, "Invalid argument"), 3),
        ("linux", BrokenPipeError(errno.EPIPE, "Broken pipe"), 141),
    ],
)
def test_a_reader_that_is_gone_is_known_on_each_system(
    monkeypatch: pytest.MonkeyPatch, platform: str, error: OSError, code: int
) -> None:
    def opened(*_: object) -> int:
        return -1

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "dup2", opened)
    monkeypatch.setattr(os, "open", opened)
    assert give_up_output(error)[0] == code


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("create", "--json-body", "/dev/zero"), "--json-body: /dev/zero has more than 4194304 bytes", 2),
        ((*CREATE, "--api-key-file", "/dev/zero"), "--api-key-file: /dev/zero has more than 65536 bytes", 2),
        (("cancel", "cksess_1", "--journal", "/dev/zero"), "/dev/zero cannot be used: it is not a file", 3),
    ],
)
def test_a_file_that_never_ends_is_refused(shell: Shell, arguments: tuple[str, ...], words: str, code: int) -> None:
    refused = shell.run(*arguments)
    assert words in refused.stderr
    assert refused.code == code


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--timeout", "0", "--timeout: expected seconds above 0, got '0'"),
        ("--timeout", "1e308", "--timeout: expected seconds above 0, got '1e308'"),
        ("--timeout", "soon", "--timeout: expected seconds above 0, got 'soon'"),
        ("--deadline", "-1", "--deadline: expected seconds above 0, got '-1'"),
        ("--deadline", "nan", "--deadline: expected seconds above 0, got 'nan'"),
        ("--max-retries", "9" * 24, "--max-retries: expected a whole number from 0 to 1000, got '999"),
        ("--max-retries", "-1", "--max-retries: expected a whole number from 0 to 1000, got '-1'"),
        ("--max-retries", "1.5", "--max-retries: expected a whole number from 0 to 1000, got '1.5'"),
        ("--rate-limit", "many", "--rate-limit: expected a whole number, got 'many'"),
        ("--max-files", "9" * 24, "--max-files: expected a whole number, got '999"),
    ],
)
def test_a_number_that_is_none_is_a_usage_error_for_people_and_machines(
    emulator: Emulator, shell: Shell, option: str, value: str, words: str
) -> None:
    refused = shell.run(*CREATE, option, value)
    assert refused.stderr.startswith(f"Error: {words}")
    as_json = shell.run(*CREATE, option, value, "--json")
    assert json.loads(as_json.stderr)["error"]["message"].startswith(words)
    assert (refused.code, as_json.code) == (2, 2)
    assert emulator.requests == []


@pytest.mark.parametrize(
    ("variables", "got"), [('["pro"]', "['pro'] (list)"), ('"pro"', "'pro' (str)"), ("3", "3 (int)")]
)
def test_state_variables_of_another_shape_are_a_usage_error(shell: Shell, variables: str, got: str) -> None:
    body = f'{{"user": "u", "workflow": {{"id": "wf_1", "state_variables": {variables}}}}}'
    refused = shell.run("create", "--json-body", "-", stdin=body)
    assert refused.stderr == f"Error: workflow.state_variables: expected a mapping, got {got}\n"
    assert refused.code == 2


def test_an_interrupted_command_tells_a_machine_so(tmp_path: Path, emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(delay=30))
    journal = str(tmp_path / "journal")
    terminal = Terminal("cancel", "cksess_1", "cksess_2", "--json", "--journal", journal, **shell.variables)
    while not emulator.requests:
        terminal.check_alive()
    terminal.press_ctrl_c()
    seen = terminal.finish()
    told = json.loads(seen.lines[-1].removeprefix("^C"))
    assert told["error"]["type"] == "KeyboardInterrupt"
    assert told["error"]["message"].startswith("Interrupted after ")
    assert (told["exit_code"], seen.code) == (130, 130)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_journal_is_its_owners_alone(tmp_path: Path, shell: Shell, session_ids: list[str]) -> None:
    journal = tmp_path / "journal"
    before = os.umask(0)
    try:
        shell.run("cancel", session_ids[0], "--journal", str(journal))
    finally:
        os.umask(before)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_missing_ids_are_done_if_they_are_to_be_ignored(
    tmp_path: Path, emulator: Emulator, shell: Shell, session_ids: list[str]
) -> None:
    command = ("cancel", session_ids[0], "cksess_of_yesterday", "--journal", str(tmp_path / "journal"))
    done = shell.run(*command, "--ignore-missing")
    assert done.stdout == "2 sessions: 1 cancelled, 1 unknown to the API.\n"
    assert done.code == 0
    assert shell.run(*command).stdout == "2 sessions: 2 done in an earlier run.\n"
    assert emulator.counts["cancel", 404] == 1


def test_a_404_of_something_else_than_the_api_is_never_ignored(emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(status=404, json={"detail": "Not Found"}))
    assert shell.run("cancel", "cksess_1", "--ignore-missing").code == 1


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "powershell", "pwsh"])
def test_each_shell_gets_its_completion(shell: Shell, name: str) -> None:
    script = shell.run("completion", name)
    assert "_CHATKIT_SESSIONS_COMPLETE" in script.stdout
    assert script.code == 0


def test_an_unknown_shell_is_refused(shell: Shell) -> None:
    refused = shell.run("completion", "tcsh")
    assert refused.stderr == "Error: expected one of bash, zsh, fish, powershell, pwsh, got 'tcsh'\n"
    assert refused.code == 2


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("chatkit-sessions c", ["cancel", "completion", "create"]),
        ("chatkit-sessions create --workf", ["--workflow", "--workflow-version"]),
    ],
)
def test_a_completion_script_is_answered(words: str, offered: list[str]) -> None:
    asked = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
        "_CHATKIT_SESSIONS_COMPLETE": "complete_bash",
    }
    ended = subprocess.run(COMMAND, env=os.environ | asked, capture_output=True, text=True, check=True, timeout=300)
    assert sorted(ended.stdout.split()) == offered


def test_a_command_loads_nothing_that_only_other_commands_need(shell: Shell) -> None:
    code = (
        "import sys; from chatkit_sessions.cli.app import app; app({arguments!r}, standalone_mode=False);"
        "print(*sorted(name for name in sys.modules if name in {unwanted!r}))"
    )
    unwanted = [f"chatkit_sessions.cli.{name}" for name in ("cancel", "doctor", "demo", "serve")]
    unwanted += ["chatkit_sessions._vendor", "typer._adapters"]
    script = code.format(arguments=list(CREATE), unwanted=unwanted)
    ended = subprocess.run(
        [COMMAND[0], "-c", script], env=os.environ | shell.variables, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == ""
