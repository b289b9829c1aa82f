"""`chatkit-sessions create`."""

from typing import Annotated, Any

import typer

from chatkit_sessions import ChatSession, ConfigurationError, Sessions

from . import options
from .options import Connection
from .output import Code, CommandError, reported, say, say_json, usage_errors
from .parsing import CreateOptions, whole_body
from .summary import summary


def create(
    *,
    body: CreateOptions,
    json_body: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The whole body as JSON, from a file or with '-' from standard input, instead of the options for it.",
        ),
    ] = None,
    connection: Connection,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the client secret in full.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Create a session, for a visitor and a workflow."""
    with reported(as_json=as_json):
        options.check_stdin_once({"--json-body": json_body, "--api-key-file": connection.api_key_file})
        arguments = _arguments(body, json_body)
        with Sessions(**options.require_key(connection.client_options())) as sessions:
            session = created(sessions, arguments)
        if as_json:
            say_json(session.to_dict())
        else:
            say("Created a session.\n" + summary(session, secret=show_secret))
            if not show_secret:
                say("The client secret is shown in full with --show-secret or --json.")


def _arguments(body: CreateOptions, json_body: str | None) -> dict[str, Any]:
    with usage_errors():
        if json_body is None:
            return body.arguments()
        if names := body.names():
            raise ValueError(f"--json-body holds the whole body; leave out {', '.join(names)}")
        return whole_body(options.content_of(json_body, "--json-body", options.MOST_OF_A_BODY))


def created(sessions: Sessions, arguments: dict[str, Any]) -> ChatSession:
    """Create a session.

    Raises:
        CommandError: An argument is refused; nothing was sent.
        APIError: The call failed.
    """
    try:
        return sessions.create(**arguments)
    except ConfigurationError:
        raise
    except (TypeError, ValueError) as error:
        raise CommandError(str(error), Code.USAGE) from None
