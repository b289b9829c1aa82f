"""Runs the command line in a terminal, and returns what a user sees there."""

from __future__ import annotations

import os
import re
import sys
import time
import warnings
from dataclasses import dataclass
from typing import Final

import pexpect

COMMAND: Final = [sys.executable, "-m", "chatkit_sessions"]
_SECONDS: Final = 240

# A terminal that shows text only, so that a transcript has no control sequences.
_PLAIN: Final = {"TERM": "dumb", "COLUMNS": "100"}

_CHANGING: Final = (
    (re.compile(r"(cksess|req)_[0-9a-f]{32}"), r"\1_…"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in \d+ s"), "DATE UTC, in SECONDS s"),
    (re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE), "TIME "),
    (re.compile(r"ek_…[0-9a-f]{4}"), "ek_…LAST"),
    (re.compile(r"\d+\.\d s\b"), "SECONDS s"),
)


@dataclass(frozen=True)
class Transcript:
    """What a command left on the terminal."""

    text: str
    code: int | None

    @property
    def lines(self) -> list[str]:
        """The lines, with placeholders for what changes from run to run."""
        text = self.text
        for changing, placeholder in _CHANGING:
            text = changing.sub(placeholder, text)
        return [line.rstrip() for line in text.strip().splitlines()]


class Terminal:
    """A command that runs in a terminal of its own.

    Args:
        arguments: Those of `chatkit-sessions`.
        environment: Variables to set; an empty one is removed.
    """

    def __init__(self, *arguments: str, **environment: str) -> None:
        variables = {**os.environ, **_PLAIN, **environment}
        with warnings.catch_warnings():
            # The emulator of a test is a thread of this process; the child starts a program at once.
            warnings.filterwarnings("ignore", message=".*multi-threaded.*", category=DeprecationWarning)
            self._child: pexpect.spawn[str] = pexpect.spawn(
                COMMAND[0],
                [*COMMAND[1:], *arguments],
                env={name: value for name, value in variables.items() if value},
                dimensions=(40, 100),
                encoding="utf-8",
                timeout=_SECONDS,
            )
        self._seen = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return where a pattern is first seen from here on."""
        self._child.expect(pattern)
        self._seen += str(self._child.before) + str(self._child.after)
        found = self._child.match
        assert isinstance(found, re.Match)
        return found

    def check_alive(self) -> None:
        """Fail if the command has ended, and give it a little time if not."""
        time.sleep(0.02)
        assert self._child.isalive(), self._child.read()

    def press_ctrl_c(self) -> None:
        """Send what the keys send."""
        self._child.sendintr()

    def finish(self) -> Transcript:
        """Return what there is to see when the command has ended; a traceback never is."""
        self._child.expect(pexpect.EOF)
        self._seen += str(self._child.before)
        self._child.close()
        text = self._seen.replace("\r\n", "\n")
        assert "Traceback" not in text, text
        return Transcript(text, self._child.exitstatus)


def run(*arguments: str, **environment: str) -> Transcript:
    """Run a command to its end."""
    return Terminal(*arguments, **environment).finish()
