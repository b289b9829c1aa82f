"""Runs the command line within the test's process, as a script would: no terminal, streams of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from chatkit_sessions.cli.app import app
from typer.testing import CliRunner


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        """Return the document on stdout."""
        return cast("dict[str, Any]", json.loads(self.stdout))


@dataclass(frozen=True)
class Shell:
    """Runs commands.

    Attributes:
        variables: What is set in the environment.
    """

    variables: dict[str, str]

    def run(self, *arguments: str, stdin: str | bytes = "", **variables: str) -> Ended:
        """Run a command to its end; an error that it lets through is raised here."""
        done = CliRunner().invoke(
            app, list(arguments), input=stdin, env=self.variables | variables, catch_exceptions=False
        )
        assert "Traceback" not in done.stderr
        return Ended(done.exit_code, done.stdout, done.stderr)
