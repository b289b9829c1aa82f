"""`create`: what its options come to, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from chatkit_sessions.cli.parsing import CreateOptions
from chatkit_sessions.emulator import Emulator, Fault
from support.shell import Shell

KEY = "sk-terminal-0123456789"
NEEDED = ("--user", "u", "--workflow", "wf_1")


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ((), {}),
        (("--workflow-version", "3"), {"workflow": {"id": "wf_1", "version": "3"}}),
        (("--tracing",), {"workflow": {"id": "wf_1", "tracing": {"enabled": True}}}),
        (("--no-tracing",), {"workflow": {"id": "wf_1", "tracing": {"enabled": False}}}),
        (("--expires-after", "300"), {"expires_after": {"anchor": "created_at", "seconds": 300}}),
        (("--expires-after", "300s"), {"expires_after": {"anchor": "created_at", "seconds": 300}}),
        (("--expires-after", "5m"), {"expires_after": {"anchor": "created_at", "seconds": 300}}),
        (("--expires-after", "1m30s"), {"expires_after": {"anchor": "created_at", "seconds": 90}}),
        (("--rate-limit", "20"), {"rate_limits": {"max_requests_per_1_minute": 20}}),
        (("--no-history",), {"chatkit_configuration": {"history": {"enabled": False}}}),
        (
            ("--history", "--recent-threads", "5"),
            {"chatkit_configuration": {"history": {"enabled": True, "recent_threads": 5}}},
        ),
        (
            ("--no-automatic-thread-titling",),
            {"chatkit_configuration": {"automatic_thread_titling": {"enabled": False}}},
        ),
        (
            ("--file-upload", "--max-files", "3", "--max-file-size", "8"),
            {"chatkit_configuration": {"file_upload": {"enabled": True, "max_files": 3, "max_file_size": 8}}},
        ),
        (("--no-file-upload",), {"chatkit_configuration": {"file_upload": {"enabled": False}}}),
    ],
)
def test_each_option_becomes_its_part_of_the_body(
    emulator: Emulator, shell: Shell, options: tuple[str, ...], body: dict[str, Any]
) -> None:
    assert shell.run("create", *NEEDED, *options).code == 0
    assert emulator.requests[0].json == {"user": "u", "workflow": {"id": "wf_1"}} | body


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pro", "pro"),
        ("3", 3),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("false", False),
        ('"3"', "3"),
        ('"true"', "true"),
        ('"say \\"hi\\""', 'say "hi"'),
        ("True", "True"),
        ("null", "null"),
        ("0123", "0123"),
        ("+3", "+3"),
        ("1_000", "1_000"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("[1]", "[1]"),
        ('{"a": 1}', '{"a": 1}'),
        ("[" * 100_000, "[" * 100_000),
        ('"open', '"open'),
        ("a=b", "a=b"),
        ("", ""),
    ],
    ids=lambda value: f"{value!r:.20}",
)
def test_a_state_variable_keeps_its_type(text: str, value: object) -> None:
    options = CreateOptions(user="u", workflow="wf_1", state_variable=[f"name={text}"])
    found = options.arguments()["workflow"]["state_variables"]["name"]
    assert found == value
    assert type(found) is type(value)


def test_several_state_variables_are_sent_together(emulator: Emulator, shell: Shell) -> None:
    variables = ("--state-variable", "plan=pro", "--state-variable", "seats=3", "--state-variable", 'zip="0123"')
    assert shell.run("create", *NEEDED, *variables).code == 0
    assert emulator.requests[0].json["workflow"]["state_variables"] == {"plan": "pro", "seats": 3, "zip": "0123"}


BODY = {
    "user": "u",
    "workflow": {"id": "wf_1", "state_variables": {"seats": 3}},
    "expires_after": {"anchor": "created_at", "seconds": 60},
    "rate_limits": {"max_requests_per_1_minute": 20},
    "chatkit_configuration": {"history": {"enabled": False}},
}


def test_a_whole_body_comes_from_a_file_or_from_standard_input(
    tmp_path: Path, emulator: Emulator, shell: Shell
) -> None:
    (tmp_path / "body.json").write_text(json.dumps(BODY))
    assert shell.run("create", "--json-body", str(tmp_path / "body.json")).code == 0
    assert shell.run("create", "--json-body", "-", stdin=json.dumps(BODY)).code == 0
    assert [request.json for request in emulator.requests] == [BODY, BODY]


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("--workflow", "wf_1"), "", "--user is needed, or --json-body for the whole body"),
        (("--user", "u"), "", "--workflow is needed, or --json-body for the whole body"),
        ((*NEEDED, "--expires-after", "soon"), "", "--expires-after: expected seconds or minutes such as 300, 300s"),
        ((*NEEDED, "--expires-after", ""), "", "--expires-after: expected seconds or minutes"),
        ((*NEEDED, "--expires-after", "-5"), "", "--expires-after: expected seconds or minutes"),
        ((*NEEDED, "--expires-after", "٣"), "", "--expires-after: expected seconds or minutes"),
        ((*NEEDED, "--expires-after", "1m30"), "", "--expires-after: expected seconds or minutes"),
        ((*NEEDED, "--expires-after", "11m"), "", "expires_after.seconds: expected a whole number from 1 to 600"),
        (
            (*NEEDED, "--state-variable", "plan"),
            "",
            "--state-variable: expected NAME=VALUE such as plan=pro, got 'plan'",
        ),
        ((*NEEDED, "--state-variable", "=pro"), "", "--state-variable: expected NAME=VALUE such as plan=pro"),
        ((*NEEDED, "--state-variable", "a=1", "--state-variable", "a=2"), "", "--state-variable: 'a' is given twice"),
        ((*NEEDED, "--max-files", "0"), "", "chatkit_configuration.file_upload.max_files: expected"),
        ((*NEEDED, "--max-file-size", "513"), "", "chatkit_configuration.file_upload.max_file_size: expected"),
        ((*NEEDED, "--rate-limit", "many"), "", "--rate-limit"),
        ((*NEEDED, "--workflow-version", "latest"), "", "workflow.version: 'latest' is not a version"),
        ((*NEEDED, "--max-retries", "-1"), "", "--max-retries"),
        (("--json-body", "-", "--user", "u", "--no-history"), "{}", "leave out --user, --history"),
        (("--json-body", "-", "--state-variable", "a=1"), "{}", "leave out --state-variable"),
        (("--json-body", "-"), "{", "--json-body: not JSON (Expecting property name"),
        (("--json-body", "-"), b"\xff{}", "--json-body: not JSON ("),
        (("--json-body", "-"), '{"user": NaN}', "--json-body: not JSON (NaN is not JSON)"),
        (("--json-body", "-"), "[" * 100_000, "--json-body: nested too deeply"),
        (("--json-body", "-"), "[]", "--json-body: expected a JSON object, got []"),
        (("--json-body", "-"), '{"workflow": "wf_1"}', "--json-body: the property 'user' is missing"),
        (("--json-body", "-"), '{"user": "u"}', "--json-body: the property 'workflow' is missing"),
        (
            ("--json-body", "-"),
            '{"user": "u", "flow": 1}',
            "--json-body: unknown property 'flow'; known are user, work",
        ),
        (("--json-body", "-"), '{"user": null, "workflow": "wf_1"}', "user: None is not accepted"),
        (("--json-body", "/no/such/file"), "", "--json-body: /no/such/file cannot be read: No such file or directory"),
        (("--json-body", "/"), "", "--json-body: / cannot be read: Is a directory"),
        ((*NEEDED, "--api-key-file", "/no/key"), "", "--api-key-file: /no/key cannot be read: No such file"),
        (("--json-body", "-", "--api-key-file", "-"), "{}", "--json-body and --api-key-file cannot both read standard"),
    ],
)
def test_what_cannot_be_sent_is_a_usage_error(
    emulator: Emulator, shell: Shell, arguments: tuple[str, ...], stdin: str | bytes, words: str
) -> None:
    refused = shell.run("create", *arguments, stdin=stdin)
    assert words in refused.stderr
    assert refused.code == 2
    assert emulator.requests == []


def test_the_secret_is_shown_only_where_it_is_asked_for(shell: Shell) -> None:
    assert "ek_…" in shell.run("create", *NEEDED).stdout
    shown = shell.run("create", *NEEDED, "--show-secret").stdout
    assert "ek_…" not in shown
    assert "client secret  ek_" in shown
    session = shell.run("create", *NEEDED, "--json").json()
    assert session["client_secret"].startswith("ek_")
    assert session["status"] == "active"


def test_errors_are_json_on_stderr_where_a_machine_reads(shell: Shell) -> None:
    for arguments, variables, code, kind in (
        (("--user", "u"), {}, 2, "CommandError"),
        (NEEDED, {"OPENAI_API_KEY": ""}, 3, "CommandError"),
        (NEEDED, {"OPENAI_BASE_URL": "nowhere"}, 3, "ConfigurationError"),
        (NEEDED, {"OPENAI_API_KEY": "sk-wrong"}, 1, "AuthenticationError"),
    ):
        failed = shell.run("create", *arguments, "--json", **variables)
        told = json.loads(failed.stderr)
        assert (told["error"]["type"], told["exit_code"], failed.code) == (kind, code, code)
        assert failed.stdout == ""


def test_an_api_error_as_json_has_what_a_support_request_needs(emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(status=429, retry_after=7))
    failed = shell.run("create", *NEEDED, "--json", "--max-retries", "0")
    told = json.loads(failed.stderr)["error"]
    assert (told["status"], told["code"], told["retry_after"]) == (429, "rate_limit_exceeded", 7)
    assert told["request_id"] == emulator.requests[0].id


def test_a_key_comes_from_a_file_or_from_standard_input(tmp_path: Path, emulator: Emulator, shell: Shell) -> None:
    (tmp_path / "key").write_text(f"  {emulator.api_key}\n")
    given = {"OPENAI_API_KEY": "sk-wrong"}
    assert shell.run("create", *NEEDED, "--api-key-file", str(tmp_path / "key"), **given).code == 0
    assert shell.run("create", *NEEDED, "--api-key-file", "-", stdin=emulator.api_key, **given).code == 0


@pytest.mark.parametrize("content", [b"", b" \n", b"\xffsk"])
def test_a_file_without_a_key_does_not_let_the_environment_in(
    tmp_path: Path, emulator: Emulator, shell: Shell, content: bytes
) -> None:
    (tmp_path / "key").write_bytes(content)
    refused = shell.run("create", *NEEDED, "--api-key-file", str(tmp_path / "key"))
    assert refused.stderr == f"Error: --api-key-file: {tmp_path / 'key'} holds no API key in ASCII text\n"
    assert refused.code == 3
    assert emulator.requests == []


def test_a_key_with_a_space_in_it_is_refused_and_not_shown(tmp_path: Path, shell: Shell) -> None:
    (tmp_path / "key").write_text("sk-one sk-two")
    refused = shell.run("create", *NEEDED, "--api-key-file", str(tmp_path / "key"))
    assert refused.code == 3
    assert "sk-one" not in refused.stderr


def test_the_connection_is_what_the_options_say(emulator: Emulator, shell: Shell) -> None:
    options = ("--base-url", emulator.base_url, "--organization", "org_1", "--project", "proj_1")
    limits = ("--timeout", "20", "--deadline", "30", "--max-retries", "1")
    emulator.faults.add(Fault(status=500), times=2)
    failed = shell.run("create", *NEEDED, *options, *limits, OPENAI_BASE_URL="http://127.0.0.1:9")
    assert failed.code == 1
    assert len(emulator.requests) == 2
    assert emulator.requests[0].headers["openai-organization"] == "org_1"
    assert emulator.requests[0].headers["openai-project"] == "proj_1"


def test_a_deadline_ends_a_call(emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(delay=30))
    failed = shell.run("create", *NEEDED, "--deadline", "0.2")
    assert failed.stderr == "Error: The call did not end before its deadline of 0.2 s\n"
    assert failed.code == 1


def test_what_a_server_says_cannot_drive_the_terminal(emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(status=400, json={"error": {"message": "\x1b[2Jgone\r\nfoo\x07"}}))
    failed = shell.run("create", *NEEDED)
    assert "400 Bad Request: \\x1b[2Jgone\\r\nfoo\\x07" in failed.stderr
