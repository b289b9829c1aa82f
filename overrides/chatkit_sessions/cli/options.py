"""The options that several commands share, and the arguments that they become."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypedDict

import typer

from chatkit_sessions._secret import Secret

from .output import Code, CommandError, usage_errors
from .parsing import seconds, whole_number

STDIN: Final = "-"

# Far more than a real file has, and a limit for one that never ends, such as /dev/zero.
MOST_OF_A_KEY: Final = 64 * 1024
MOST_OF_A_BODY: Final = 4 * 1024**2
MOST_OF_IDS: Final = 256 * 1024**2

MAX_RETRIES: Final = 1000

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


@dataclass(frozen=True, kw_only=True)
class Server:
    """The options that say where the API is and who asks; None is one that was not given."""

    api_key_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Read the API key from a file, or from standard input with '-'. Default: OPENAI_API_KEY.",
        ),
    ] = None
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Where the API is. Default: OPENAI_BASE_URL.")] = (
        None
    )
    organization: Annotated[
        str | None, typer.Option(metavar="ID", help="The organization that pays. Default: OPENAI_ORG_ID.")
    ] = None
    project: Annotated[
        str | None, typer.Option(metavar="ID", help="The project of the workflow. Default: OPENAI_PROJECT_ID.")
    ] = None
    timeout: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS", help="The limit for each phase of one attempt. Default: 5 to connect, 30 for the rest."
        ),
    ] = None

    def client_options(self) -> ClientOptions:
        """Return the arguments for a client, reading the key's file.

        Raises:
            CommandError: The file holds no key, or a number is not one.
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
        with usage_errors():
            if self.timeout is not None:
                options["timeout"] = seconds(self.timeout, "--timeout")
        return options


@dataclass(frozen=True, kw_only=True)
class Connection(Server):
    """The options that say how to reach the API, and how long to wait; None is one that was not given."""

    deadline: Annotated[
        str | None,
        typer.Option(metavar="SECONDS", help="The limit for one call with its retries. Default: 60, for cancel 300."),
    ] = None
    max_retries: Annotated[
        str | None, typer.Option(metavar="N", help="Retries after the first attempt. Default: 2.")
    ] = None

    def client_options(self) -> ClientOptions:
        """Return the arguments for a client, reading the key's file.

        Raises:
            CommandError: The file holds no key, or a number is not one.
        """
        options = super().client_options()
        with usage_errors():
            if self.deadline is not None:
                options["deadline"] = seconds(self.deadline, "--deadline")
            if self.max_retries is not None:
                options["max_retries"] = whole_number(self.max_retries, "--max-retries", least=0, most=MAX_RETRIES)
        return options


def content_of(path: str, option: str, most: int) -> bytes:
    """Return the content of a file, or of standard input for '-'.

    Raises:
        CommandError: The file that the option names cannot be read, or has more bytes than `most`.
    """
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(most + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(f"{option}: {path} cannot be read: {reason}", Code.USAGE) from None
    if len(content) > most:
        raise CommandError(f"{option}: {path} has more than {most} bytes", Code.USAGE)
    return content


def require_key(options: ClientOptions) -> ClientOptions:
    """Return the options if there is a key, among them or in the environment.

    Raises:
        CommandError: There is no key.
    """
    if "api_key" not in options and not os.environ.get("OPENAI_API_KEY", "").strip():
        raise CommandError("no API key: set OPENAI_API_KEY, or give --api-key-file", Code.CONFIGURATION)
    return options


def check_stdin_once(paths: Mapping[str, str | None]) -> None:
    """Refuse more than one option that reads standard input.

    Raises:
        CommandError: There are several.
    """
    readers = [name for name, path in paths.items() if path == STDIN]
    if len(readers) > 1:
        raise CommandError(f"{' and '.join(readers)} cannot both read standard input", Code.USAGE)


def _key(path: str) -> Secret:
    try:
        key = Secret(content_of(path, "--api-key-file", MOST_OF_A_KEY).decode("ascii").strip())
    except UnicodeDecodeError:
        key = Secret("")
    if not key.reveal():
        raise CommandError(f"--api-key-file: {path} holds no API key in ASCII text", Code.CONFIGURATION)
    return key
