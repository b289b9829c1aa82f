"""`chatkit-sessions completion`."""

from typing import Annotated, Final

import typer
from typer.completion import get_completion_inspect_parameters, show_callback

from .output import Code, CommandError, reported

_SHELLS: Final = ("bash", "zsh", "fish", "powershell", "pwsh")


def completion(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="One of bash, zsh, fish, powershell, pwsh.")],
) -> None:
    """Print a script that completes commands and options in a shell.

    For bash, put `eval "$(chatkit-sessions completion bash)"` into ~/.bashrc; for zsh the same into ~/.zshrc, after
    compinit; for fish, write it to ~/.config/fish/completions/chatkit-sessions.fish.
    """
    with reported():
        if shell not in _SHELLS:
            raise CommandError(f"expected one of {', '.join(_SHELLS)}, got {shell!r:.80}", Code.USAGE)
        prepare()
        show_callback(context, context.command.params[0], shell)


def prepare() -> None:
    """Register the shells with Typer, which does so only for options that this command replaces."""
    get_completion_inspect_parameters()
