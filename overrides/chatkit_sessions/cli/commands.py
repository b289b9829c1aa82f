"""Loads each command only when it is used, so that none waits for what another one needs."""

from collections.abc import Callable
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from .groups import expanded
from .output import EPILOG

# A completion script sets this variable to ask what may come next.
COMPLETE_VARIABLE: Final = "_CHATKIT_SESSIONS_COMPLETE"

# For commands that read their own options.
PASSED_ON: Final[dict[str, Any]] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}

NAMES: Final = ("demo", "create", "cancel", "doctor", "emulator", "vendor", "completion")


class _AsGiven:
    """Takes text and flags unchanged.

    Newer versions of Typer convert even these with pydantic; its import takes longer than the call.
    """

    def coerce(self, value: Any, *, param: Any, ctx: object) -> Any:
        return () if value is None and (param.multiple or param.nargs == -1) else value


def _as_given(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        descriptor = getattr(parameter, "type_descriptor", None)  # older versions of Typer have none
        if descriptor is not None and descriptor.annotation in (str, bool, list[str]):
            parameter._runtime_param = _AsGiven()  # noqa: SLF001 # Typer has no other way to choose
    return parameters


class Command(TyperCommand):
    """One command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its parameters."""
        return _as_given(super().get_params(ctx))


class Commands(TyperGroup):
    """The commands, each loaded once it is looked up."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # Typer takes the names that it suggests for a misspelt one from here.
        self.commands = dict.fromkeys(NAMES)  # type: ignore[assignment] # get_command makes the values

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options before the command."""
        return _as_given(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names."""
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of this name, or None."""
        return _made(cmd_name) if cmd_name in NAMES else None


def _made(name: str) -> Any:
    function, settings = _loaded(name)
    alone = typer.Typer(
        add_completion=False,
        # Text that can be searched and copied; the boxes cut long options off in a narrow terminal.
        rich_markup_mode=None,
    )
    alone.command(name, cls=Command, epilog=EPILOG, context_settings=settings)(expanded(function))
    return typer.main.get_command(alone)


def _loaded(name: str) -> tuple[Callable[..., None], dict[str, Any]]:
    """Return a command's function and its settings. Tools that freeze programs find each literal import."""
    usual: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
    match name:
        case "create":
            from .create import create

            return create, usual
        case "cancel":
            from .cancel import cancel

            return cancel, usual
        case "doctor":
            from .doctor import doctor

            return doctor, usual
        case "demo":
            from .demo import demo

            return demo, usual
        case "emulator":
            from .emulator import emulator

            return emulator, PASSED_ON
        case "vendor":
            from .vendor import vendor

            return vendor, PASSED_ON
        case _:
            from .completion import completion

            return completion, usual
