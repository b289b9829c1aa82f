"""`chatkit-sessions demo`."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import httpx
import typer

from chatkit_sessions import Sessions

from .create import created
from .options import require_key
from .output import Code, CommandError, reported, say
from .settings import settings
from .summary import summary


def demo(
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Use the real API, with the key in OPENAI_API_KEY and your --workflow.")
    ] = False,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="The workflow. Needed with --live.")] = None,
    user: Annotated[str, typer.Option(metavar="ID", help="The id of the visitor.")] = "demo-user",
) -> None:
    """Create, show and cancel a session: on an emulator, or live."""
    with reported():
        if live and workflow is None:
            raise CommandError("--live needs --workflow, the id of a workflow of yours (wf_…)", Code.USAGE)
        with _live() if live else _emulated() as sessions:
            _tour(sessions, user, workflow or "wf_demo")


@contextmanager
def _live() -> Generator[Sessions]:
    with Sessions(**require_key({})) as sessions:
        where = settings({}, None, os.environ)["base_url"].value
        say(f"On the API at {where}, with the key in OPENAI_API_KEY.\n")
        yield sessions


@contextmanager
def _emulated() -> Generator[Sessions]:
    try:
        from chatkit_sessions.emulator import Emulator
    except ModuleNotFoundError as error:
        raise CommandError(str(error), Code.CONFIGURATION) from None
    with (
        Emulator() as emulator,
        # The emulator is on this machine, whatever proxy the environment names.
        httpx.Client(trust_env=False) as direct,
        Sessions(base_url=emulator.base_url, api_key=emulator.api_key, http_client=direct) as sessions,
    ):
        say(f"On an emulator of the API at {emulator.base_url}: no key, no bill. With --live, on the API itself.\n")
        yield sessions


def _tour(sessions: Sessions, user: str, workflow: str) -> None:
    say(f"1. Create a session for {user} and the workflow {workflow}:")
    session = created(sessions, {"user": user, "workflow": workflow})
    say(summary(session))
    say("  A browser given the client secret can chat as this visitor until it expires.\n")
    say("2. Cancel it:")
    say(summary(sessions.cancel(session)))
    say("  The client secret does not work any more.")
