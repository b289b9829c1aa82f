"""The commands together."""

import os
from typing import Annotated, NoReturn

import typer

from .commands import COMPLETE_VARIABLE, Commands
from .output import EPILOG, say

app = typer.Typer(
    name="chatkit-sessions",
    cls=Commands,
    help="Create and cancel OpenAI ChatKit sessions.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A traceback with local variables would show keys and client secrets.
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from .version import version_text

        say(version_text())
        raise typer.Exit


@app.callback()
def common(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Create and cancel OpenAI ChatKit sessions."""


def run() -> NoReturn:
    """Run the command line, or tell a completion script what may come next, and end the process."""
    if COMPLETE_VARIABLE in os.environ:
        from .completion import prepare

        prepare()
    app(prog_name=app.info.name)
    raise SystemExit  # the app has ended the process already
