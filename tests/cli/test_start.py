"""How the command starts and ends, whatever it is told to do."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from chatkit_sessions import InternalServerError, NotFoundError, RateLimitError, Sessions
from chatkit_sessions.emulator import Emulator, Fault
from support.mock import CANCEL_EXAMPLE
from support.shell import Shell
from support.terminal import COMMAND

# As if the packages of the extras were not there.
_WITHOUT = "import sys; sys.modules.update(dict.fromkeys({absent!r})); sys.argv = {argv!r}; {run}"
_RUN = "from chatkit_sessions.__main__ import main; main()"


def run_without(absent: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    code = _WITHOUT.format(absent=absent, argv=["chatkit-sessions", *arguments], run=_RUN)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("arguments", [("create", "--user", "u"), ("--help",), ()])
def test_without_the_extra_the_command_says_how_to_install_it(arguments: tuple[str, ...]) -> None:
    ended = run_without(("typer", "rich"), *arguments)
    assert ended.stderr == "Error: this command needs Typer: pip install 'chatkit-sessions[cli]'\n"
    assert ended.stdout == ""
    assert ended.returncode == 3


def test_the_version_needs_no_extra() -> None:
    ended = run_without(("typer", "rich", "starlette", "uvicorn", "jsonschema"), "--version")
    assert ended.stdout.startswith("chatkit-sessions ")
    assert ended.returncode == 0


def test_vendoring_needs_no_extra(tmp_path: Path) -> None:
    ended = run_without(("typer", "rich", "starlette", "uvicorn", "jsonschema"), "vendor", str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "chatkit_sessions" / "__init__.py").is_file()


@pytest.mark.parametrize("command", ["demo", "emulator"])
def test_without_the_emulator_the_command_says_how_to_install_it(command: str) -> None:
    ended = run_without(("starlette",), command)
    assert "pip install 'chatkit-sessions[emulator]'" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.returncode == 3


def test_importing_the_package_does_not_import_the_command_line() -> None:
    code = (
        "import sys, chatkit_sessions; chatkit_sessions.Sessions; chatkit_sessions.AsyncSessions;"
        "sys.exit('typer' in sys.modules or any('chatkit_sessions.cli' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_reader_that_has_enough_ends_the_command_quietly(shell: Shell) -> None:
    with subprocess.Popen(
        [*COMMAND, "doctor"],
        env=os.environ | shell.variables | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_text_that_the_terminal_cannot_show_is_escaped(shell: Shell) -> None:
    ended = subprocess.run(
        [*COMMAND, "create", "--user", "ü", "--workflow", "wf_1"],
        env=os.environ | shell.variables | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert b"user           \\xfc\n" in ended.stdout
    assert b"client secret  ek_\\u2026" in ended.stdout
    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (("demo", "--live"), "--live needs --workflow", 2),
        (("emulator", "--host", "256.0.0.1"), "The emulator cannot listen on 256.0.0.1", 3),
        (("emulator", "--api-key", " "), "api_key: expected", 2),
        (("emulator", "--port", "70000"), "port: expected 0 to 65535", 2),
        (("emulator", "--port", "many"), "--port: invalid int value: 'many'", 2),
        (("emulator", "--requests-per-minute", "0"), "requests_per_minute: expected 1 or more", 2),
        (("emulator", "--fault", "stauts=503"), "--fault: unknown part 'stauts'; known are status", 2),
        (("emulator", "--fault", "status=503; times=0"), "--fault: times: expected 1 or more; got 0", 2),
        (("emulator", "--seed", "/nowhere"), "--seed: /nowhere cannot be read: No such file", 2),
        (("emulator", "--seed", "/dev/zero"), "--seed: /dev/zero is longer than", 2),
        (("emulator", "--seed", __file__), "--seed: The body is not valid JSON", 2),
        (("emulator", "--api-key-file", "/nowhere"), "--api-key-file: /nowhere cannot be read: No such file", 2),
        (("emulator", "--api-key-file", "/dev/null"), "api_key: expected printable ASCII", 2),
        (("emulator", "--api-key-file", "/dev/null", "--api-key", "k"), "not allowed with argument", 2),
        (("emulator", "--quiet", "--json"), "not allowed with argument", 2),
        (("vendor",), "", 2),
        (("nonsense",), "No such command 'nonsense'", 2),
    ],
)
def test_wrong_arguments_are_told_in_a_sentence(
    shell: Shell, arguments: tuple[str, ...], words: str, code: int
) -> None:
    refused = shell.run(*arguments)
    assert words in refused.stderr
    assert refused.code == code


def test_version_is_an_option_beside_others_too(shell: Shell) -> None:
    assert shell.run("--version", "create").stdout.startswith("chatkit-sessions ")


def test_the_emulator_tells_a_machine_where_it_listens(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []

    def use(emulator: Emulator) -> None:
        with Sessions(base_url=emulator.base_url, api_key="sk-mine") as sessions:
            reached.append(sessions.create(user="u", workflow="wf_1").id)
        raise KeyboardInterrupt

    monkeypatch.setattr(Emulator, "wait", use)
    ended = shell.run("emulator", "--api-key", "sk-mine", "--json")
    assert ended.json().keys() == {"base_url", "api_key"}
    assert ended.json()["api_key"] == "sk-mine"
    assert ended.stderr == ""
    assert ended.code == 130
    assert reached


def test_the_emulator_answers_as_many_requests_as_it_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def use(emulator: Emulator) -> None:
        with Sessions(base_url=emulator.base_url, api_key=emulator.api_key, max_retries=0) as sessions:
            sessions.create(user="u", workflow="wf_1")
            with pytest.raises(RateLimitError):
                sessions.create(user="u", workflow="wf_1")

    monkeypatch.setattr(Emulator, "wait", use)
    ended = shell.run("emulator", "--requests-per-minute", "1")
    assert ended.stdout.startswith("The emulator listens on http://127.0.0.1:")
    assert ended.code == 0


def test_the_emulator_begins_as_it_is_told(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("sk-from-file\n")
    (tmp_path / "seed").write_text('{"sessions": [{"id": "cksess_123", "user": "u"}]}')
    done: list[str] = []

    def use(emulator: Emulator) -> None:
        with Sessions(base_url=emulator.base_url, api_key="sk-from-file", max_retries=0) as sessions:
            with pytest.raises(InternalServerError):
                sessions.create(user="u", workflow="wf_1")
            with pytest.raises(NotFoundError, match="'wf_2' not found"):
                sessions.create(user="u", workflow="wf_2")
            done.append(sessions.with_options(api_key="sk-any").cancel("cksess_123").id)
        health = f"{emulator.urls[0]}/_emulator/health"
        assert httpx.get(health, verify=False).status_code == 401
        assert httpx.get(health, headers={"authorization": "Bearer letmein"}, verify=False).status_code == 200

    monkeypatch.setattr(Emulator, "wait", use)
    key, seed = str(tmp_path / "key"), str(tmp_path / "seed")
    ended = shell.run(
        *("emulator", "--api-key-file", key, "--seed", seed, "--fault", "status=503; times=1", "--any-api-key"),
        *("--workflow", "wf_1", "--control-token", "letmein"),
    )
    assert done == ["cksess_123"]
    assert ended.code == 0
    told = [line.split(" ", 1)[1] for line in ended.stdout.splitlines() if "POST" in line]
    assert told == [
        "POST /v1/chatkit/sessions 503 emulator_fault (fault)",
        "POST /v1/chatkit/sessions 404",
        "POST /v1/chatkit/sessions/cksess_123/cancel 200",
    ]


def test_the_emulator_can_be_quiet(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def use(emulator: Emulator) -> None:
        httpx.get(emulator.base_url, verify=False)

    monkeypatch.setattr(Emulator, "wait", use)
    assert "GET" in shell.run("emulator").stdout
    assert "GET" not in shell.run("emulator", "--quiet").stdout


def test_the_emulator_names_every_address_that_it_can_be_reached_at(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    def use(emulator: Emulator) -> None:
        reached.extend(url for url in emulator.urls if httpx.get(url, verify=False).status_code == 200)

    monkeypatch.setattr(Emulator, "wait", use)
    shown = shell.run("emulator", "--host", "0.0.0.0").stdout
    assert f"Its page is {reached[0]}\n" in shown
    assert re.findall("It can be reached at (.*) too", shown) == reached[1:]


@pytest.mark.parametrize(("signal_number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_emulator_needs_no_typer_and_ends_when_it_is_told(signal_number: signal.Signals, code: int) -> None:
    program = _WITHOUT.format(absent=("typer", "rich"), argv=["chatkit-sessions", "emulator"], run=_RUN)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("The emulator listens on http://127.0.0.1:")
        process.send_signal(signal_number)
        assert process.wait(timeout=300) == code


def test_the_emulator_ends_when_nobody_reads_what_it_tells() -> None:
    with subprocess.Popen([*COMMAND, "emulator"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        base_url = process.stdout.readline().split()[4]
        process.stdout.close()
        httpx.get(base_url, verify=False)
        assert process.wait(timeout=300) == 141
        assert process.stderr.read() == ""


def test_a_taken_port_is_told_in_a_sentence(emulator: Emulator, shell: Shell) -> None:
    port = emulator.base_url.removesuffix("/v1").rpartition(":")[2]
    refused = shell.run("emulator", "--port", port)
    assert refused.stderr.startswith(f"Error: The emulator cannot listen on 127.0.0.1, port {port}: Address already in")
    assert refused.stderr.count("\n") == 1
    assert refused.code == 3


def test_a_demo_leaves_no_session_behind(emulator: Emulator, shell: Shell) -> None:
    assert shell.run("demo").code == 0
    assert emulator.requests == []
    assert shell.run("demo", "--live", "--workflow", "wf_1").code == 0
    (session_id,) = {request.answer.json["id"] for request in emulator.requests if request.answer}
    assert emulator.sessions[session_id].status == "cancelled"


def test_a_demo_shows_only_what_the_server_tells(emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(json=CANCEL_EXAMPLE), operation="cancel")
    assert (
        shell.run("demo", "--live", "--workflow", "wf_1")
        .stdout.partition("2. Cancel it:\n")[2]
        .startswith(
            "  id                cksess_123\n"
            "  status            cancelled\n"
            "  workflow          workflow_alpha\n"
            "  workflow version  1\n"
            "  request id        req_"
        )
    )
