"""`chatkit-sessions vendor` among the other commands. It reads its own options, since it also runs without Typer."""

from typing import Any, Final

import typer

from chatkit_sessions._vendor import main

CONTEXT_SETTINGS: Final[dict[str, Any]] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


def vendor(context: typer.Context) -> None:
    """Copy this package into another source tree, or check such a copy."""
    raise typer.Exit(main(context.args))
