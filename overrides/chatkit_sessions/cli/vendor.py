"""`chatkit-sessions vendor` among the other commands. It reads its own options, since it also runs without Typer."""

import typer

from chatkit_sessions._vendor import main


def vendor(context: typer.Context) -> None:
    """Copy this package into another source tree, or check such a copy."""
    raise typer.Exit(main(context.args))
