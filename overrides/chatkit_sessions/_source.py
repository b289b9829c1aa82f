"""Where an option came from, and what went wrong on its way."""

import os
import re
from dataclasses import dataclass
from typing import Final

from ._secret import Secret, conceal

# What a shell, Docker, Kubernetes or Windows would have replaced: $NAME, ${NAME}, $(NAME), %NAME%.
_PLACEHOLDER: Final = re.compile(r"\$[A-Za-z_]\w*|\$\{[^}]*\}|\$\([^)]*\)|%[A-Za-z_]\w*%", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """The argument that an option was given as, or the environment variable in its place."""

    argument: str
    variable: str = ""

    @property
    def label(self) -> str:
        """What a message about the value begins with."""
        return self.variable or self.argument

    def __str__(self) -> str:
        return f"the environment variable {self.variable}" if self.variable else f"the {self.argument} argument"


def is_blank(value: object) -> bool:
    """Return whether an option is not given: None, or text without a visible character."""
    text = value.reveal() if isinstance(value, Secret) else value
    return text is None or (isinstance(text, str) and not text.strip())


def from_environment(variable: str, *, hidden: bool) -> str | Secret | None:
    """Return the value of a variable, without white space at its ends; None if it is blank."""
    value = conceal(os.environ.get(variable, "").strip()) if hidden else os.environ.get(variable, "").strip()
    return None if is_blank(value) else value


def unreplaced(text: str) -> str:
    """Return what is wrong with a value that a shell would have changed and something else passed on; empty if nothing.

    The value is not in the answer: it may be a key.
    """
    if text[:1] in ("'", '"') or text[-1:] in ("'", '"'):
        return "is in quotation marks, which docker's --env-file, for instance, passes on; take them off"
    if _PLACEHOLDER.fullmatch(text):
        return "is the name of a variable that nothing has replaced by its value"
    return ""
