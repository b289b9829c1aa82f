"""The options that several commands share, and what they come to."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypedDict

import typer

from chatkit_sessions._secret import Secret

from .output import Code, CommandError

STDIN: Final = Path("-")

ApiKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file",
        metavar="FILE",
        help="Read the API key from a file, or from standard input with '-'. Default: OPENAI_API_KEY.",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where the API is. Default: OPENAI_BASE_URL."),
]
Organization = Annotated[
    str | None,
    typer.Option(metavar="ID", help="The organization that pays. Default: OPENAI_ORG_ID."),
]
Project = Annotated[
    str | None,
    typer.Option(metavar="ID", help="The project of the workflow. Default: OPENAI_PROJECT_ID."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="The limit for each phase of one attempt. Default: 5 to connect, 30 for the rest."
    ),
]
MaxRetries = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Retries after the first attempt. Default: 2."),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="The limit for one call with its retries. Default: 60, for cancel 300.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, and errors as JSON on stderr.")]


class ClientOptions(TypedDict, total=False):
    """Arguments of `Sessions` and `AsyncSessions`."""

    api_key: Callable[[], str]
    base_url: str
    organization: str
    project: str
    timeout: float
    deadline: float
    max_retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The options that say how to reach the API; None is one that was not given."""

    api_key_file: Path | None = None
    base_url: str | None = None
    organization: str | None = None
    project: str | None = None
    timeout: float | None = None
    deadline: float | None = None
    max_retries: int | None = None

    def client_options(self) -> ClientOptions:
        """Return the arguments for a client, reading the key's file.

        Raises:
            CommandError: The file holds no key.
        """
        options: ClientOptions = {}
        if self.api_key_file is not None:
            options["api_key"] = _key(self.api_key_file).reveal
        if self.base_url is not None:
            options["base_url"] = self.base_url
        if self.organization is not None:
            options["organization"] = self.organization
        if self.project is not None:
            options["project"] = self.project
        if self.timeout is not None:
            options["timeout"] = self.timeout
        if self.deadline is not None:
            options["deadline"] = self.deadline
        if self.max_retries is not None:
            options["max_retries"] = self.max_retries
        return options


def content_of(path: Path, option: str) -> bytes:
    """Return the content of a file, or of standard input for '-'.

    Raises:
        CommandError: The file that the option names cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise CommandError(f"{option}: {path} cannot be read: {error.strerror}", Code.USAGE) from None


def require_key(options: ClientOptions) -> ClientOptions:
    """Return the options if there is a key, among them or in the environment.

    Raises:
        CommandError: There is none.
    """
    if "api_key" not in options and not os.environ.get("OPENAI_API_KEY", "").strip():
        raise CommandError("no API key: set OPENAI_API_KEY, or give --api-key-file", Code.CONFIGURATION)
    return options


def check_stdin_once(paths: Mapping[str, Path | None]) -> None:
    """Refuse more than one option that reads standard input.

    Raises:
        CommandError: There are several.
    """
    readers = [name for name, path in paths.items() if path == STDIN]
    if len(readers) > 1:
        raise CommandError(f"{' and '.join(readers)} cannot both read standard input", Code.USAGE)


def _key(path: Path) -> Secret:
    try:
        key = Secret(content_of(path, "--api-key-file").decode("ascii").strip())
    except UnicodeDecodeError:
        key = Secret("")
    if not key.reveal():
        raise CommandError(f"--api-key-file: {path} holds no API key in ASCII text", Code.CONFIGURATION)
    return key
