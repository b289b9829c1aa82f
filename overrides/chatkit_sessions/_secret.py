"""Keeps the API key out of everything that prints."""

from typing import Final, TypeVar, final

T = TypeVar("T")

HIDDEN: Final = "[hidden]"
_SHORTEST_SEARCHED: Final = 8
"""Characters. A shorter key, as tests use them, is found inside ordinary words."""


def mask(key: str) -> str:
    """Return enough of a key to recognise it, but not to use it: `sk-…wxyz`."""
    return f"{key[:3]}…{key[-4:]}" if len(key) >= 16 else "…"


@final
class Secret:
    """A string that is visible only to code that asks for it.

    Frames hold this instead of the text, so that a traceback that prints local variables shows nothing.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def is_in(self, data: bytes) -> bool:
        """Return whether bytes from elsewhere repeat the secret; a short secret is not searched for."""
        return self._is_searched_for() and self._value.encode() in data

    def masked_in(self, text: str) -> str:
        """Return a text from elsewhere with the secret masked."""
        return text.replace(self._value, mask(self._value)) if self._is_searched_for() else text

    def _is_searched_for(self) -> bool:
        return len(self._value) >= _SHORTEST_SEARCHED

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


def conceal(value: T) -> T | Secret:
    """Wrap a key that came as text, so that no frame shows it while it is checked."""
    return Secret(value) if isinstance(value, str) else value
