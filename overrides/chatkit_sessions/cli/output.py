"""What the commands print, and how they end."""

import json
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final, TextIO

import typer

from chatkit_sessions import APIError, APIStatusError, ConfigurationError

from .streams import give_up_output

INTERRUPTED: Final = 130


class Code(IntEnum):
    """The exit codes, besides those of signals: 130 for Ctrl-C, 141 for output that is not read any more."""

    DONE = 0
    API_ERROR = 1
    USAGE = 2
    CONFIGURATION = 3
    SOME_FAILED = 4


EPILOG: Final = (
    "Exit codes: 0 done, 1 API error, 2 usage, 3 configuration, 4 some of many failed, 130 interrupted."
    " The API key is read from OPENAI_API_KEY or a file, never from the command line, where others could see it."
)


class CommandError(Exception):
    """Ends a command with one sentence.

    Args:
        message: The sentence.
        code: What the process ends with.
    """

    def __init__(self, message: str, code: Code) -> None:
        super().__init__(message)
        self.code = code


class _OutputError(Exception):
    """Standard output cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error)
        self.error = error


@contextmanager
def reported(*, as_json: bool = False) -> Generator[None]:
    """Turn an expected error into one sentence or one JSON object on stderr, and an exit code.

    Args:
        as_json: Whether to write JSON.

    Raises:
        typer.Exit: The command is over.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            yield
        except CommandError as error:
            raise _failed(error, error.code, as_json) from None
        except ConfigurationError as error:
            raise _failed(error, Code.CONFIGURATION, as_json) from None
        except APIError as error:
            raise _failed(error, Code.API_ERROR, as_json) from None
        except KeyboardInterrupt as interrupt:
            if as_json:
                told = {"type": "KeyboardInterrupt", "message": str(interrupt) or "Interrupted."}
                say_json({"error": told, "exit_code": INTERRUPTED}, err=True, indent=None)
            elif str(interrupt):
                say(str(interrupt), err=True)
            raise typer.Exit(INTERRUPTED) from None
        except _OutputError as lost:
            code, words = give_up_output(lost.error)
            if words is not None:
                raise _failed(CommandError(words, Code(code)), Code(code), as_json) from None
            raise typer.Exit(code) from None


@contextmanager
def usage_errors() -> Generator[None]:
    """Turn a value that is not understood into an error of usage.

    Raises:
        CommandError: There was a `ValueError`.
    """
    try:
        yield
    except ValueError as error:
        raise CommandError(str(error), Code.USAGE) from None


def say(text: str, *, err: bool = False) -> None:
    """Print lines for a person, with escapes for what the terminal cannot show or would execute."""
    lines = "\n".join(printable(line) for line in text.split("\n"))
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"  # a progress bar replaces the stream
    _write(lines.encode(encoding, "backslashreplace").decode(encoding), err=err)


def say_json(document: object, *, err: bool = False, indent: int | None = 2) -> None:
    """Print a document for a machine."""
    _write(json.dumps(document, indent=indent), err=err)


def columns(rows: dict[str, str]) -> str:
    """Return names and values in two columns."""
    width = max(map(len, rows))
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows.items())


def printable(text: str) -> str:
    """Return one line without control characters: a server chooses part of what is printed."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def described(error: Exception) -> dict[str, Any]:
    """Return what is known of an error, as JSON data."""
    known: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, APIError):
        known |= {"code": error.code, "param": error.param, "request_id": error.request_id}
    if isinstance(error, APIStatusError):
        known |= {"status": error.status_code, "retry_after": error.retry_after}
    return known


def _write(text: str, *, err: bool) -> None:
    try:
        typer.echo(text, err=err)
    except OSError as error:
        if not err:  # standard error itself failed: nothing can be reported
            raise _OutputError(error) from None


def _failed(error: Exception, code: Code, as_json: bool) -> typer.Exit:
    if as_json:
        say_json({"error": described(error), "exit_code": code}, err=True, indent=None)
    else:
        say(f"Error: {error}", err=True)
    return typer.Exit(code)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Replace `warnings.showwarning`, which prints a line of our code too."""
    say(f"Warning: {message}", err=True)
