"""The fuzzer itself: what it sends is the same every time, and it notices what is wrong."""

import json
import time

import pytest
from chatkit_sessions import ChatKitError
from fuzz.answers import answer, is_user_of_another, user_of
from fuzz.worker import DEADLINE, HOLD, LATE, Judge


def test_a_seed_gives_the_same_answer_every_time() -> None:
    answers = [answer(seed) for seed in range(20)]
    assert answers == [answer(seed) for seed in range(20)]
    assert {each.ending for each in answers} >= {"keep", "close"}


def verdict(capsys: pytest.CaptureFixture[str], judge: Judge, outcome: object) -> list[str]:
    assert not judge.is_to_repeat(outcome)
    wrong: list[str] = json.loads(capsys.readouterr().out)["wrong"]
    return wrong


def judge(**values: float) -> Judge:
    made = Judge("sync", 7, started=time.monotonic(), resident=2**60)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_session_and_an_error_of_ours_are_as_they_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    for outcome in (user_of(7), None, "user_1", ["odd"], ChatKitError("no")):
        assert verdict(capsys, judge(), outcome) == []


def test_what_is_wrong_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(capsys, judge(), RuntimeError("raw")) == ["raised RuntimeError('raw')"]
    assert verdict(capsys, judge(), user_of(8)) == [f"got the answer of {user_of(8)}"]
    assert verdict(capsys, judge(hold=2 * HOLD), None) == ["held the event loop for 200 ms"]
    assert verdict(capsys, judge(resident=-(2**40)), None)[0].startswith("took ")
    slow = judge(started=time.monotonic() - DEADLINE - LATE - 1)
    assert slow.is_to_repeat(None)
    assert verdict(capsys, slow, None)[0].startswith("took ")


@pytest.mark.parametrize("user", [user_of(7), "user_8", f"{user_of(8)}x", "user_", "user_x_1", 8, None])
def test_only_the_whole_user_of_another_case_counts(user: object) -> None:
    assert not is_user_of_another(user, 7)
