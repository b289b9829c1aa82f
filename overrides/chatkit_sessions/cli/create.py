"""`chatkit-sessions create`."""

from typing import Annotated, Any

import typer

from chatkit_sessions import ChatSession, ConfigurationError, Sessions

from . import options
from .options import Connection
from .output import Code, CommandError, reported, say, say_json
from .parsing import CreateOptions, whole_body
from .summary import summary


def create(
    *,
    user: Annotated[str | None, typer.Option(metavar="ID", help="Your id of the visitor. Needed.")] = None,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="The workflow, wf_… Needed.")] = None,
    workflow_version: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A deployed version. Default: the newest."),
    ] = None,
    state_variable: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A state variable of the workflow, such as plan=pro, seats=3 or beta=true; text that looks like a "
            "number or truth value goes in double quotes: 'zip=\"123\"'. May be repeated.",
        ),
    ] = None,
    tracing: Annotated[
        bool | None,
        typer.Option("--tracing/--no-tracing", help="Diagnostic tracing."),
    ] = None,
    expires_after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long the client secret lives: 300, 300s or 5m, at most 10m."),
    ] = None,
    rate_limit: Annotated[str | None, typer.Option(metavar="N", help="The visitor's requests per minute.")] = None,
    json_body: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The whole body as JSON, from a file or with '-' from standard input, instead of the options for it.",
        ),
    ] = None,
    history: Annotated[
        bool | None,
        typer.Option("--history/--no-history", help="Whether earlier threads are shown."),
    ] = None,
    recent_threads: Annotated[str | None, typer.Option(metavar="N", help="How many earlier threads are shown.")] = None,
    automatic_thread_titling: Annotated[
        bool | None,
        typer.Option(
            "--automatic-thread-titling/--no-automatic-thread-titling", help="Whether threads get titles by themselves."
        ),
    ] = None,
    file_upload: Annotated[
        bool | None,
        typer.Option("--file-upload/--no-file-upload", help="Whether files are accepted."),
    ] = None,
    max_files: Annotated[str | None, typer.Option(metavar="N", help="How many files are accepted.")] = None,
    max_file_size: Annotated[
        str | None, typer.Option(metavar="MB", help="How large a file may be, in megabytes.")
    ] = None,
    api_key_file: options.ApiKeyFile = None,
    base_url: options.BaseUrl = None,
    organization: options.Organization = None,
    project: options.Project = None,
    timeout: options.Timeout = None,
    deadline: options.Deadline = None,
    max_retries: options.MaxRetries = None,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the client secret in full.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Create a session, for a visitor and a workflow."""
    body = CreateOptions(
        user=user,
        workflow=workflow,
        workflow_version=workflow_version,
        state_variable=state_variable,
        tracing=tracing,
        expires_after=expires_after,
        rate_limit=rate_limit,
        history=history,
        recent_threads=recent_threads,
        automatic_thread_titling=automatic_thread_titling,
        file_upload=file_upload,
        max_files=max_files,
        max_file_size=max_file_size,
    )
    connection = Connection(
        api_key_file=api_key_file,
        base_url=base_url,
        organization=organization,
        project=project,
        timeout=timeout,
        deadline=deadline,
        max_retries=max_retries,
    )
    with reported(as_json=as_json):
        options.check_stdin_once({"--json-body": json_body, "--api-key-file": api_key_file})
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
    try:
        if json_body is None:
            return body.arguments()
        if names := body.names():
            raise ValueError(f"--json-body holds the whole body; leave out {', '.join(names)}")
        return whole_body(options.content_of(json_body, "--json-body", options.MOST_OF_A_BODY))
    except ValueError as error:
        raise CommandError(str(error), Code.USAGE) from None


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
