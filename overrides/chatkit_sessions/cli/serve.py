"""`chatkit-sessions emulator`."""

import shlex
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import Code, CommandError, reported, say, say_json

if TYPE_CHECKING:
    from chatkit_sessions.emulator import Emulator


def emulator(
    *,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="The port; 0 takes a free one.")] = 0,
    api_key: Annotated[str, typer.Option(metavar="KEY", help="The only key that it accepts.")] = "sk-emulator",
    requests_per_minute: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many requests it answers in a minute before it says 429.")
    ] = 1_000_000,
    as_json: options.AsJson = False,
) -> None:
    """Run an emulator of the API on this machine until Ctrl-C."""
    with (
        reported(as_json=as_json),
        running_emulator(host=host, port=port, api_key=api_key, requests_per_minute=requests_per_minute) as running,
    ):
        if as_json:
            say_json({"base_url": running.base_url, "api_key": running.api_key}, indent=None)
        else:
            say(f"The emulator listens on {running.base_url} until Ctrl-C. In another shell:\n")
            say(f"  export OPENAI_BASE_URL={shlex.quote(running.base_url)}")
            say(f"  export OPENAI_API_KEY={shlex.quote(running.api_key)}")
        running.wait()


@contextmanager
def running_emulator(**arguments: Any) -> Generator["Emulator"]:
    """Run an emulator for a `with` block. The arguments are those of `Emulator`.

    Raises:
        CommandError: It is not installed, an argument is refused, or the address cannot be had.
    """
    try:
        from chatkit_sessions.emulator import Emulator
    except ModuleNotFoundError as error:
        raise CommandError(str(error), Code.CONFIGURATION) from None
    with ExitStack() as stack:
        try:
            running = stack.enter_context(Emulator(**arguments))
        except ValueError as error:
            raise CommandError(str(error), Code.USAGE) from None
        except OSError as error:
            raise CommandError(error.strerror or str(error), Code.CONFIGURATION) from None
        yield running
