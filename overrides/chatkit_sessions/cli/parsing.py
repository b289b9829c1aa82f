"""Parses the text of options and files. No I/O happens here; what cannot be parsed is a `ValueError`."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from threading import TIMEOUT_MAX
from typing import Annotated, Any, Final, cast

import typer

StateVariable = str | int | float | bool

_DURATION: Final = re.compile(r"(?=\d)(?:(\d{1,9})m)?(?:(\d{1,9})s)?|(\d{1,9})", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_BODY_KEYS: Final = ("user", "workflow", "chatkit_configuration", "expires_after", "rate_limits")
_NO_IDS: Final = ("", ".", "..")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """The options of `create` that make the body; None is one that was not given."""

    user: Annotated[str | None, typer.Option(metavar="ID", help="Your id of the visitor. Needed.")] = None
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="The workflow, wf_… Needed.")] = None
    workflow_version: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A deployed version. Default: the newest."),
    ] = None
    state_variable: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A state variable of the workflow, such as plan=pro, seats=3 or beta=true; text that looks like a "
            "number or truth value goes in double quotes: 'zip=\"123\"'. May be repeated.",
        ),
    ] = None
    tracing: Annotated[
        bool | None,
        typer.Option("--tracing/--no-tracing", help="Diagnostic tracing."),
    ] = None
    expires_after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long the client secret lives: 300, 300s or 5m, at most 10m."),
    ] = None
    rate_limit: Annotated[str | None, typer.Option(metavar="N", help="The visitor's requests per minute.")] = None
    history: Annotated[
        bool | None,
        typer.Option("--history/--no-history", help="Whether earlier threads are shown."),
    ] = None
    recent_threads: Annotated[str | None, typer.Option(metavar="N", help="How many earlier threads are shown.")] = None
    automatic_thread_titling: Annotated[
        bool | None,
        typer.Option(
            "--automatic-thread-titling/--no-automatic-thread-titling", help="Whether threads get titles automatically."
        ),
    ] = None
    file_upload: Annotated[
        bool | None,
        typer.Option("--file-upload/--no-file-upload", help="Whether files are accepted."),
    ] = None
    max_files: Annotated[str | None, typer.Option(metavar="N", help="How many files are accepted.")] = None
    max_file_size: Annotated[str | None, typer.Option(metavar="MB", help="How large a file may be, in megabytes.")] = (
        None
    )

    def names(self) -> list[str]:
        """Return the names of the options that were given, as a user writes them."""
        given = (field.name for field in fields(self) if getattr(self, field.name) not in (None, [], ()))
        return [f"--{name.replace('_', '-')}" for name in given]

    def arguments(self) -> dict[str, Any]:
        """Return them as arguments of `Sessions.create`.

        Raises:
            ValueError: An option is not understood, or is needed and was not given.
        """
        for name in ("user", "workflow"):
            if getattr(self, name) is None:
                raise ValueError(f"--{name} is needed, or --json-body for the whole body")
        workflow = {"id": self.workflow} | _given(
            version=self.workflow_version,
            state_variables=_state_variables(self.state_variable or ()) or None,
            tracing=_given(enabled=self.tracing) or None,
        )
        features = _given(
            automatic_thread_titling=_given(enabled=self.automatic_thread_titling) or None,
            file_upload=_given(
                enabled=self.file_upload,
                max_files=self._number("max_files"),
                max_file_size=self._number("max_file_size"),
            )
            or None,
            history=_given(enabled=self.history, recent_threads=self._number("recent_threads")) or None,
        )
        return _given(
            user=self.user,
            workflow=workflow,
            expires_after=None if self.expires_after is None else _duration(self.expires_after),
            rate_limits=self._number("rate_limit"),
            chatkit_configuration=features or None,
        )

    def _number(self, name: str) -> int | None:
        text = getattr(self, name)
        return None if text is None else whole_number(text, f"--{name.replace('_', '-')}")


def whole_body(content: bytes) -> dict[str, Any]:
    """Read the whole body of a `create` from JSON.

    Raises:
        ValueError: It is not a JSON object, or lacks a property, or has one that the API does not know.
    """
    try:
        decoded: object = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("--json-body: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"--json-body: not JSON ({error})") from None
    if not isinstance(decoded, dict):
        raise ValueError(f"--json-body: expected a JSON object, got {decoded!r:.80}")
    body = cast("dict[str, Any]", decoded)
    for key in body:
        if key not in _BODY_KEYS:
            raise ValueError(f"--json-body: unknown property {key!r:.80}; known are {', '.join(_BODY_KEYS)}")
    for key in _BODY_KEYS[:2]:
        if key not in body:
            raise ValueError(f"--json-body: the property {key!r} is missing")
    return body


def session_ids(content: bytes) -> list[str]:
    """Read ids from a file: one on each line; blank lines do not count.

    Raises:
        ValueError: A line is not an id.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error.reason} at byte {error.start})") from None
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        if text := line.strip():
            try:
                ids.append(session_id(text))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    return ids


def session_id(text: str) -> str:
    """Return an id of a session unchanged, if it can be one.

    Raises:
        ValueError: It has white space or control characters in it, or means another place in a path.
    """
    if text in _NO_IDS or not text.isprintable() or any(character.isspace() for character in text):
        raise ValueError(f"expected the id of a session such as cksess_123, got {text!r:.80}")
    return text


def whole_number(text: str, option: str, *, least: int | None = None, most: int | None = None) -> int:
    """Read a whole number.

    Raises:
        ValueError: It is not one, or outside of the limits.
    """
    number = int(text) if _WHOLE.fullmatch(text) else None
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        limits = ("" if least is None else f" from {least}") + ("" if most is None else f" to {most}")
        raise ValueError(f"{option}: expected a whole number{limits}, got {text!r:.80}")
    return number


def seconds(text: str, option: str) -> float:
    """Read seconds above 0.

    Raises:
        ValueError: It is not such a number, or more than a socket takes.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= TIMEOUT_MAX:
        raise ValueError(f"{option}: expected seconds above 0, got {text!r:.80}")
    return number


def _given(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _duration(text: str) -> int:
    """Read a duration: `300`, `300s`, `5m` or `1m30s`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"--expires-after: expected seconds or minutes such as 300, 300s, 5m or 1m30s, got {text!r:.80}"
        )
    minutes, rest, bare = (int(part or 0) for part in found.groups())
    return minutes * 60 + rest + bare


def _state_variables(texts: Iterable[str]) -> dict[str, StateVariable]:
    variables: dict[str, StateVariable] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise ValueError(f"--state-variable: expected NAME=VALUE such as plan=pro, got {text!r:.80}")
        if name in variables:
            raise ValueError(f"--state-variable: {name!r:.80} is given twice")
        variables[name] = _typed(value)
    return variables


def _typed(text: str) -> StateVariable:
    """Return what JSON makes of a value if that is a number, true, false or a string; else the text itself."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    return value if isinstance(value, str | int | float) else text


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
