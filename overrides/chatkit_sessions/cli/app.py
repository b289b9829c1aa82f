"""The commands together."""

from typing import Annotated

import typer

from .cancel import cancel
from .create import create
from .demo import demo
from .doctor import doctor
from .emulator import emulator
from .output import EPILOG, say
from .vendor import CONTEXT_SETTINGS, vendor
from .version import version_text

app = typer.Typer(
    name="chatkit-sessions",
    help="Create and cancel OpenAI ChatKit sessions.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    # Text that can be searched and copied; the boxes cut long options off in a narrow terminal.
    rich_markup_mode=None,
    # A traceback with local variables would show keys and client secrets.
    pretty_exceptions_enable=False,
)

for command in (demo, create, cancel, doctor):
    app.command(epilog=EPILOG)(command)
for passed_on in (emulator, vendor):
    app.command(context_settings=CONTEXT_SETTINGS)(passed_on)


def _show_version(wanted: bool) -> None:
    if wanted:
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
