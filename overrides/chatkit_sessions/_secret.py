"""Keeping the API key out of everything that prints."""

from typing import Final, final

HIDDEN: Final = "[hidden]"


def mask(key: str) -> str:
    """Return enough of a key to recognise it, never enough to use it: `sk-…wxyz`."""
    return f"{key[:3]}…{key[-4:]}" if len(key) >= 16 else "…"


@final
class Secret:
    """A string that shows itself only to code that asks for it.

    Frames hold this instead of the text, so that a traceback that prints local variables shows nothing.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def is_in(self, data: bytes) -> bool:
        """Return whether bytes that came from elsewhere repeat the secret."""
        return bool(self._value) and self._value.encode() in data

    def masked_in(self, text: str) -> str:
        """Return what came from elsewhere and may repeat the secret, with the secret masked."""
        return text.replace(self._value, mask(self._value)) if self._value else text

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")
