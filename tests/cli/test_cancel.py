"""`cancel`: many ids, runs that are killed, and runs that go on from there."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator, Fault
from support.shell import Shell
from support.terminal import COMMAND

SESSIONS = 5_000


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


@pytest.mark.long
def test_5000_ids_are_each_cancelled_once_though_one_request_in_ten_fails_and_the_first_run_is_killed(
    tmp_path: Path, emulator: Emulator, shell: Shell
) -> None:
    ids = [emulator.sessions.add(user="u").id for _ in range(SESSIONS)]
    (tmp_path / "ids.txt").write_text("\n".join(ids))
    journal = tmp_path / "journal.jsonl"
    emulator.faults.at_rate(0.1, Fault(status=500, retry_after_ms=20))
    command = ["cancel", "--from-file", str(tmp_path / "ids.txt"), "--journal", str(journal), "--concurrency", "50"]

    environment = os.environ | shell.variables

    with subprocess.Popen([*COMMAND, *command], env=environment) as first:
        while emulator.counts["cancel", 200] < SESSIONS // 2:
            assert first.poll() is None
            time.sleep(0.01)
        first.kill()
    before = lines(journal)
    assert SESSIONS // 4 < len(before) < SESSIONS

    second = subprocess.run([*COMMAND, *command], env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert f"{len(before)} done in an earlier run" in second.stdout
    assert emulator.counts["cancel", 200] == SESSIONS
    assert all(emulator.sessions[identifier].status == "cancelled" for identifier in ids)
    after = lines(journal)
    assert after[: len(before)] == before
    assert sorted(line["id"] for line in after) == sorted(ids)
    assert {line["outcome"] for line in after} <= {"cancelled", "inactive"}
    # What the first run had under way is all that may have been cancelled without a line.
    assert sum(line["outcome"] == "inactive" for line in after) <= 50


@pytest.mark.parametrize(
    "fault",
    [Fault(drop=True), Fault(truncate=True), Fault(status=503), Fault(status=429, retry_after=0), Fault(status=409)],
    ids=repr,
)
def test_whatever_goes_wrong_on_the_way_each_session_ends_up_cancelled_once(
    tmp_path: Path, emulator: Emulator, shell: Shell, session_ids: list[str], fault: Fault
) -> None:
    emulator.faults.at_rate(0.3, fault)
    done = shell.run("cancel", *session_ids, "--journal", str(tmp_path / "journal"), "--max-retries", "9")
    assert done.code == 0, done.stderr
    assert emulator.counts["cancel", 200] == len(session_ids)
    assert sorted(line["id"] for line in lines(tmp_path / "journal")) == sorted(session_ids)


def test_a_passing_failure_is_tried_again_after_the_others(
    emulator: Emulator, shell: Shell, session_ids: list[str]
) -> None:
    emulator.faults.add(Fault(status=500), times=2)
    done = shell.run("cancel", *session_ids, "--concurrency", "1", "--max-retries", "1")
    assert done.stdout == "10 sessions: 10 cancelled.\n"
    tried = [request.path.split("/")[-2] for request in emulator.requests if request.operation == "cancel"]
    assert tried == [session_ids[0], *session_ids, session_ids[0]]


def test_a_run_gives_up_once_nothing_gets_through_and_the_next_one_tries_again(
    tmp_path: Path, emulator: Emulator, shell: Shell, session_ids: list[str]
) -> None:
    command = ("cancel", *session_ids, "--journal", str(tmp_path / "journal"), "--max-retries", "0")
    emulator.faults.at_rate(1, Fault(status=503))
    failed = shell.run(*command)
    assert failed.code == 4
    assert failed.stdout == "10 sessions: 10 failed.\n"
    assert [line["error"]["status"] for line in lines(tmp_path / "journal")] == [503] * 10
    emulator.faults.clear()
    assert shell.run(*command).code == 0
    assert emulator.counts["cancel", 200] == 10


def test_an_id_that_fails_for_good_is_tried_again_by_the_next_run_only(
    tmp_path: Path, emulator: Emulator, shell: Shell, session_ids: list[str]
) -> None:
    command = ("cancel", session_ids[0], "cksess_unknown", "--journal", str(tmp_path / "journal"))
    assert shell.run(*command).code == 4
    assert emulator.counts["cancel", 404] == 1
    again = shell.run(*command)
    assert again.code == 4
    assert again.stdout == "2 sessions: 1 done in an earlier run, 1 failed.\n"
    assert emulator.counts["cancel", 404] == 2


def test_a_session_cancelled_before_counts_as_done(emulator: Emulator, shell: Shell, session_ids: list[str]) -> None:
    assert shell.run("cancel", session_ids[0]).stdout == "1 session: 1 cancelled.\n"
    again = shell.run("cancel", session_ids[0])
    assert again.stdout == "1 session: 1 not active any more.\n"
    assert again.code == 0
    assert emulator.counts["cancel", 200] == 1


def test_an_id_that_is_given_twice_is_cancelled_once(
    tmp_path: Path, emulator: Emulator, shell: Shell, session_ids: list[str]
) -> None:
    (tmp_path / "ids").write_text(f"\n{session_ids[0]}\r\n  {session_ids[1]}  \n{session_ids[0]}\n")
    done = shell.run("cancel", session_ids[1], "--from-file", str(tmp_path / "ids"))
    assert done.stdout == "2 sessions: 2 cancelled.\n"
    assert emulator.counts["cancel", 200] == 2
    assert emulator.counts["cancel", 409] == 0


def test_ids_may_come_from_standard_input(shell: Shell, session_ids: list[str]) -> None:
    done = shell.run("cancel", "--from-file", "-", stdin="\n".join(session_ids))
    assert done.stdout == "10 sessions: 10 cancelled.\n"


def test_no_ids_in_a_file_are_nothing_to_do(shell: Shell) -> None:
    done = shell.run("cancel", "--from-file", "-")
    assert done.stdout == "0 sessions: nothing to do.\n"
    assert done.code == 0


def test_a_refused_key_stops_the_run_at_once(emulator: Emulator, shell: Shell, session_ids: list[str]) -> None:
    stopped = shell.run("cancel", *session_ids, "--concurrency", "1", OPENAI_API_KEY="sk-wrong")
    assert stopped.code == 1
    assert stopped.stderr.startswith("Error: 401 Unauthorized:")
    assert emulator.counts["cancel", 401] == 1


def test_more_workers_than_ids_cost_nothing(shell: Shell, session_ids: list[str]) -> None:
    done = shell.run("cancel", *session_ids, "--concurrency", str(10**9))
    assert done.stdout == "10 sessions: 10 cancelled.\n"


def test_json_tells_the_outcome_of_every_id_and_no_secret(shell: Shell, session_ids: list[str]) -> None:
    done = shell.run("cancel", session_ids[0], "cksess_unknown", "--concurrency", "1", "--json")
    told = done.json()
    assert {name: told[name] for name in ("cancelled", "inactive", "failed", "done_before")} == {
        "cancelled": 1,
        "inactive": 0,
        "failed": 1,
        "done_before": 0,
    }
    assert [(session["id"], session["outcome"]) for session in told["sessions"]] == [
        (session_ids[0], "cancelled"),
        ("cksess_unknown", "failed"),
    ]
    error = told["sessions"][1]["error"]
    assert (error["type"], error["status"], error["code"]) == ("NotFoundError", 404, "session_not_found")
    assert error["request_id"].startswith("req_")
    assert "ek_" not in done.stdout
    assert done.code == 4
    assert done.stderr == ""


def test_an_answer_of_another_shape_is_a_cancellation_all_the_same(emulator: Emulator, shell: Shell) -> None:
    emulator.faults.add(Fault(json=["cancelled"]))
    assert shell.run("cancel", "cksess_1").stdout == "1 session: 1 cancelled.\n"
    assert len(emulator.requests) == 1


def test_a_single_id_that_fails_is_an_api_error(shell: Shell) -> None:
    assert shell.run("cancel", "cksess_unknown").code == 1


def test_only_the_first_failures_are_shown(shell: Shell) -> None:
    done = shell.run("cancel", *(f"cksess_{number}" for number in range(25)))
    assert done.stderr.count("404 Not Found") == 20
    assert "… and 5 more; --journal and --json name them all.\n" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        ((), "", "give ids of sessions, or --from-file"),
        (("..",), "", "expected the id of a session such as cksess_123, got '..'"),
        (("",), "", "expected the id of a session such as cksess_123, got ''"),
        (("--from-file", "-"), "a\nb c\n", "line 2: expected the id of a session such as cksess_123, got 'b c'"),
        (("--from-file", "-"), "a\n\x1b[2J\n", "line 2: expected the id"),
        (("--from-file", "-"), b"\xff\xfe", "not UTF-8 text"),
        (("--from-file", "/no/such/file"), "", "--from-file: /no/such/file cannot be read: No such file or directory"),
        (("a", "--concurrency", "0"), "", "--concurrency"),
        (
            ("--from-file", "-", "--api-key-file", "-"),
            "",
            "--from-file and --api-key-file cannot both read standard input",
        ),
    ],
)
def test_what_is_no_id_is_refused_before_anything_is_sent(
    emulator: Emulator, shell: Shell, arguments: tuple[str, ...], stdin: str | bytes, words: str
) -> None:
    refused = shell.run("cancel", *arguments, stdin=stdin)
    assert words in refused.stderr
    assert refused.code == 2
    assert emulator.requests == []
