"""Which of two versions is the newer one."""

import re
from typing import Final, Literal, TypeAlias

Age: TypeAlias = Literal["same", "older", "newer", "other"]

# PEP 440 without epochs and local versions, which are not used here.
_FORM: Final = re.compile(r"(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?(?:\.post(\d+))?(?:\.dev(\d+))?")
_PHASES: Final = {"a": 0, "b": 1, "rc": 2}
_FINAL: Final = (3, 0)
_BEFORE_ALL: Final = (-1, 0)


def age(theirs: str, ours: str) -> Age:
    """Return how one version compares with another; "other" if that is unknown."""
    if theirs == ours:
        return "same"
    that, this = _key(theirs), _key(ours)
    if that is None or this is None or that == this:
        return "other"
    return "older" if that < this else "newer"


def _key(version: str) -> tuple[object, ...] | None:
    found = _FORM.fullmatch(version)
    if found is None:
        return None
    release, phase, number, post, dev = found.groups()
    numbers = [int(part) for part in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    only_dev = dev is not None and phase is None and post is None
    stage = (_PHASES[phase], int(number)) if phase else _BEFORE_ALL if only_dev else _FINAL
    return numbers, stage, -1 if post is None else int(post), (0, int(dev)) if dev is not None else (1, 0)
