"""Says whether one regular expression certainly accepts all that another one does."""

import re

# A character or a class of characters, and how often it may come.
_ATOM = re.compile(
    r"(\[(?:\\.|[^\]\\])+\]|\\[dws]|\\[^A-Za-z0-9]|[A-Za-z0-9_ /:@%~=,;<>!&'\"#-]|\.)(?:([*+?])|\{(\d+)(,?)(\d*)\})?"
)
_CHARACTERS = [chr(code) for code in range(0x3000)]
_MANY = 10**9

_Atom = tuple[frozenset[str], int, int]


def is_looser(new: str, old: str) -> bool:
    """Return whether every text that fits the old pattern is known to fit the new one.

    Only patterns from `^` to `$` that list characters and how often they come are understood.
    """
    before, after = _atoms(old), _atoms(new)
    return (
        before is not None
        and after is not None
        and len(before) == len(after)
        and all(
            one[0] <= other[0] and other[1] <= one[1] and one[2] <= other[2]
            for one, other in zip(before, after, strict=True)
        )
    )


def example(pattern: str) -> str | None:
    """Return a text that fits a pattern, None if the pattern is not understood."""
    atoms = _atoms(f"^{pattern.removeprefix('^').removesuffix('$')}$")
    return None if atoms is None else "".join(_plainest(characters) * max(least, 1) for characters, least, _ in atoms)


def _plainest(characters: frozenset[str]) -> str:
    return min(characters, key=lambda it: (not (it.isascii() and it.isalnum()), it), default="")


def _atoms(pattern: str) -> list[_Atom] | None:
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return None
    inner, atoms, place = pattern[1:-1], list[_Atom](), 0
    while place < len(inner):
        found = _ATOM.match(inner, place)
        if found is None:
            return None
        kind, sign, least, comma, most = found.groups()
        try:
            matches = re.compile(kind).fullmatch
        except re.error:
            return None
        bounds = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1), None: (1, 1)}[sign]
        if least is not None:
            bounds = int(least), int(most) if most else _MANY if comma else int(least)
        atoms.append((frozenset(filter(matches, _CHARACTERS)), *bounds))
        place = found.end()
    return atoms
