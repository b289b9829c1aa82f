"""Every command as a user sees it in a terminal."""

import re
from pathlib import Path

import pytest
from chatkit_sessions.emulator import Emulator, Fault
from support.terminal import Terminal, run

pytestmark = pytest.mark.filterwarnings(
    # From Python 3.12 on; the child runs another program at once.
    "ignore:This process .* is multi-threaded, use of forkpty:DeprecationWarning"
)

NOWHERE = "http://127.0.0.1:9/v1"
WRONG_KEY = "sk-wrong-0123456789"
REFUSED_KEY = (
    "401 Unauthorized: The API key is not one that this emulator was started with. (request id req_…). "
    "The key sk-…6789 came from the environment variable OPENAI_API_KEY."
)
NO_NETWORK_SETTINGS = dict.fromkeys(
    (
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ),
    "",
)
COMMANDS = {
    "demo": ("--live", "--workflow", "--user"),
    "create": (
        *("--user", "--workflow", "--workflow-version", "--state-variable", "--no-tracing", "--expires-after"),
        *("--rate-limit", "--json-body", "--no-history", "--recent-threads", "--no-automatic-thread-titling"),
        *("--file-upload", "--max-files", "--max-file-size", "--show-secret", "--json", "--api-key-file"),
        *("--base-url", "--organization", "--project", "--timeout", "--deadline", "--max-retries"),
    ),
    "cancel": (
        *("[ID]...", "--from-file", "--ignore-missing", "--concurrency", "--journal", "--json"),
        *("--api-key-file", "--base-url"),
    ),
    "doctor": ("--json", "--api-key-file", "--base-url", "--timeout"),
    "emulator": (
        *("--host", "--port", "--api-key", "--api-key-file", "--any-api-key", "--workflow", "--requests-per-minute"),
        *("--fault", "--seed", "--control-token", "--quiet", "--json"),
    ),
}


def test_demo_creates_shows_cancels_and_shows_a_session_with_its_secret_masked() -> None:
    seen = run("demo", HTTP_PROXY=NOWHERE, http_proxy=NOWHERE)
    assert seen.lines == [
        "On an emulator of the API at http://127.0.0.1:PORT/v1: no key, no bill. With --live, on the API itself.",
        "",
        "1. Create a session for demo-user and the workflow wf_demo:",
        "  id             cksess_…",
        "  status         active",
        "  user           demo-user",
        "  workflow       wf_demo",
        "  expires        DATE UTC, in SECONDS s",
        "  rate limit     10 requests per minute",
        "  client secret  ek_…LAST",
        "  request id     req_…",
        "  A browser given the client secret can chat as this visitor until it expires.",
        "",
        "2. Cancel it:",
        "  id             cksess_…",
        "  status         cancelled",
        "  user           demo-user",
        "  workflow       wf_demo",
        "  expires        DATE UTC, in SECONDS s",
        "  rate limit     10 requests per minute",
        "  client secret  ek_…LAST",
        "  request id     req_…",
        "  The client secret does not work any more.",
    ]
    assert seen.code == 0


def test_a_live_demo_goes_to_the_api_of_the_environment(emulator: Emulator, environment: dict[str, str]) -> None:
    seen = run("demo", "--live", "--workflow", "wf_mine", "--user", "me", **environment)
    assert seen.lines[:3] == [
        "On the API at http://127.0.0.1:PORT/v1, with the key in OPENAI_API_KEY.",
        "",
        "1. Create a session for me and the workflow wf_mine:",
    ]
    assert seen.code == 0
    assert [request.status for request in emulator.requests] == [200, 200]


def test_a_live_demo_without_a_key_says_so() -> None:
    seen = run("demo", "--live", "--workflow", "wf_mine")
    assert seen.lines == ["Error: no API key: set OPENAI_API_KEY, or give --api-key-file"]
    assert seen.code == 3


def test_create_shows_the_session_without_its_secret(environment: dict[str, str]) -> None:
    seen = run("create", "--user", "u", "--workflow", "wf_1", "--state-variable", "plan=pro", **environment)
    assert seen.lines == [
        "Created a session.",
        "  id               cksess_…",
        "  status           active",
        "  user             u",
        "  workflow         wf_1",
        '  state variables  {"plan": "pro"}',
        "  expires          DATE UTC, in SECONDS s",
        "  rate limit       10 requests per minute",
        "  client secret    ek_…LAST",
        "  request id       req_…",
        "The client secret is shown in full with --show-secret or --json.",
    ]
    assert seen.code == 0


def test_create_with_a_wrong_key_names_the_key_without_showing_it(environment: dict[str, str]) -> None:
    seen = run("create", "--user", "u", "--workflow", "wf_1", **environment | {"OPENAI_API_KEY": WRONG_KEY})
    assert " ".join(seen.lines) == f"Error: {REFUSED_KEY}"
    assert seen.code == 1


def test_create_without_a_network_says_what_fails() -> None:
    command = ("create", "--user", "u", "--workflow", "wf_1", "--max-retries", "0")
    seen = run(*command, OPENAI_API_KEY=WRONG_KEY, OPENAI_BASE_URL=NOWHERE)
    assert seen.lines == ["Error: Connection error: Connection refused (127.0.0.1:PORT)"]
    assert seen.code == 1


def test_a_warning_is_one_line() -> None:
    command = ("create", "--user", "u", "--workflow", "wf_1", "--max-retries", "0")
    base_url = "http://api.invalid/v1"
    seen = run(*command, OPENAI_API_KEY=WRONG_KEY, OPENAI_BASE_URL=base_url, HTTP_PROXY=NOWHERE, NO_PROXY="")
    assert " ".join(seen.lines) == (
        "Warning: base_url: plain http sends the API key to api.invalid unencrypted; use https outside this machine "
        "Error: Connection error: Connection refused (the proxy http://127.0.0.1:PORT)"
    )


def test_ctrl_c_ends_a_create_quietly(emulator: Emulator, environment: dict[str, str]) -> None:
    emulator.faults.add(Fault(delay=60))
    terminal = Terminal("create", "--user", "u", "--workflow", "wf_1", **environment)
    while not emulator.requests:
        terminal.check_alive()
    terminal.press_ctrl_c()
    seen = terminal.finish()
    assert seen.lines == ["^C"]
    assert seen.code == 130


def test_cancel_tells_an_unknown_id_from_one_that_it_cancelled(
    emulator: Emulator, environment: dict[str, str], session_ids: list[str]
) -> None:
    seen = run("cancel", session_ids[0], "cksess_unknown", **environment)
    assert seen.lines == [
        "Error: cksess_unknown: 404 Not Found: There is no session with this id. (request id req_…)",
        "2 sessions: 1 cancelled, 1 failed.",
    ]
    assert seen.code == 4
    assert emulator.sessions[session_ids[0]].status == "cancelled"


def test_cancel_shows_a_progress_bar_that_goes_away(environment: dict[str, str], session_ids: list[str]) -> None:
    seen = run("cancel", *session_ids, TERM="xterm-256color", **environment)
    assert re.search(r"Cancelling .*━.*\d+/10", seen.text)
    assert seen.lines[-1].endswith("10 sessions: 10 cancelled.")
    assert seen.code == 0


def test_the_progress_bar_has_no_colour_where_none_is_wanted(
    environment: dict[str, str], session_ids: list[str]
) -> None:
    seen = run("cancel", *session_ids, TERM="xterm-256color", NO_COLOR="1", **environment)
    assert "Cancelling" in seen.text
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38;|9[0-7])", seen.text)


def test_ctrl_c_ends_a_cancel_and_says_how_far_it_came(
    tmp_path: Path, emulator: Emulator, environment: dict[str, str], session_ids: list[str]
) -> None:
    stuck = session_ids[-1]
    emulator.faults.add(Fault(delay=60), when=lambda request: stuck in request.path)
    journal = tmp_path / "journal"
    terminal = Terminal("cancel", *session_ids, "--journal", str(journal), **environment)
    while not journal.exists() or journal.read_bytes().count(b"\n") < 9:
        terminal.check_alive()
    terminal.press_ctrl_c()
    seen = terminal.finish()
    assert seen.lines[-1] == "Interrupted after 9 of 10 ids. The same command continues from there."
    assert seen.code == 130
    seen = run("cancel", *session_ids, "--journal", str(journal), **environment)
    assert seen.lines[-1] == "10 sessions: 1 cancelled, 9 done in an earlier run."
    assert seen.code == 0


def test_doctor_shows_the_configuration_and_that_the_api_can_be_used(
    emulator: Emulator, environment: dict[str, str]
) -> None:
    seen = run("doctor", "--project", "proj_1", **environment, **NO_NETWORK_SETTINGS)
    assert seen.lines[0] == "Versions"
    assert seen.lines[seen.lines.index("Configuration") :] == [
        "Configuration",
        "  api_key       sk-…6789                   from OPENAI_API_KEY",
        "  base_url      http://127.0.0.1:PORT/v1  from OPENAI_BASE_URL",
        "  organization  not set",
        "  project       proj_1                     from --project",
        "OK (accepted, SECONDS s)",
        "  the API answers, and accepts the key",
    ]
    assert seen.code == 0
    assert len(emulator.sessions) == 0


def test_doctor_names_a_wrong_key(environment: dict[str, str]) -> None:
    seen = run("doctor", **environment | {"OPENAI_API_KEY": WRONG_KEY})
    assert "Problem (authentication, SECONDS s)" in seen.lines
    assert "the key is not accepted (401 Unauthorized:" in seen.text
    assert WRONG_KEY not in seen.text
    assert seen.code == 1


def test_doctor_without_a_network_says_what_fails() -> None:
    seen = run("doctor", OPENAI_API_KEY=WRONG_KEY, OPENAI_BASE_URL=NOWHERE)
    assert "Problem (refused, SECONDS s)" in seen.lines
    assert seen.code == 1


def test_the_emulator_says_how_to_use_it_and_ends_with_ctrl_c() -> None:
    terminal = Terminal("emulator", "--api-key", "sk-$mine")
    base_url = terminal.wait_for(r"OPENAI_BASE_URL=(\S+)")[1]
    terminal.wait_for(r"OPENAI_API_KEY='sk-\$mine'")
    created = run("create", "--user", "u", "--workflow", "wf_1", OPENAI_BASE_URL=base_url, OPENAI_API_KEY="sk-other")
    assert created.code == 1
    assert "401 Unauthorized" in created.text
    terminal.wait_for("invalid_api_key")
    terminal.press_ctrl_c()
    seen = terminal.finish()
    assert seen.lines == [
        "The emulator listens on http://127.0.0.1:PORT/v1 until Ctrl-C. In another shell:",
        "",
        "  export OPENAI_BASE_URL=http://127.0.0.1:PORT/v1",
        r"  export OPENAI_API_KEY='sk-$mine'",
        "",
        "Its page is http://127.0.0.1:PORT",
        "",
        "TIME POST /v1/chatkit/sessions 401 invalid_api_key",
        "^C",
    ]
    assert seen.code == 130


def test_help_names_the_commands_and_the_exit_codes() -> None:
    seen = run("--help")
    for name in COMMANDS:
        assert re.search(rf"\n  {name} +\S", seen.text)
    assert "0 done, 1 API error, 2 usage, 3 configuration, 4 some of many failed" in " ".join(seen.text.split())
    assert seen.code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_its_options(command: str) -> None:
    seen = run(command, "--help")
    assert f"usage: chatkit-sessions {command}" in seen.text.lower()
    for option in COMMANDS[command]:
        assert option in seen.text
    assert "Exit codes: " in seen.text
    assert seen.code == 0


def test_a_usage_error_is_told_without_a_traceback() -> None:
    seen = run("create", "--colour", "red")
    assert "No such option: --colour" in seen.text
    assert seen.code == 2


def test_version_names_the_document_of_the_generated_code() -> None:
    seen = run("--version")
    assert re.fullmatch(r"chatkit-sessions \d+\.\d+\.\d+", seen.lines[0])
    assert re.search(r"generated by openapi-python-client \S+ from openai/openai-openapi", seen.text)
    assert seen.code == 0
