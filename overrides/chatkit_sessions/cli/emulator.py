"""`chatkit-sessions emulator` among the other commands. It reads its own options, since it also runs without Typer."""

import typer

from .serve import main


def emulator(context: typer.Context) -> None:
    """Run an emulator of the API on this machine until Ctrl-C."""
    raise typer.Exit(main(context.args))
