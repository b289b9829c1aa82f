"""Whether a request was made by a page of another origin."""

import re
from collections.abc import Callable, Collection
from typing import Final

from ._values import listed

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)


def is_cross_origin(header: Callable[[str], str], origins: Collection[str]) -> bool:
    """Return whether a page of another origin sent the request. The rules are those of Go's `CrossOriginProtection`.

    Args:
        header: Gives the value of a header, "" for none.
        origins: Other origins whose pages may.
    """
    origin, site, host = header("origin"), header("sec-fetch-site"), header("host")
    if "," in origin:  # two headers, which no browser sends
        return True
    if origin and origin in origins:
        return False
    if site:
        return site not in ("same-origin", "none")
    return bool(origin) and (not host or origin.partition("://")[2].lower() != host.lower())


def checked_origins(given: object) -> frozenset[str]:
    """Return the origins of an endpoint as a set.

    Raises:
        TypeError: They are not a list of str.
        ValueError: One is not an origin.
    """
    origins = listed("origins", given, "origins such as 'https://app.example'")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin) or re.fullmatch(r"https:.*:443|http:.*:80", origin):
            accepted = "'https://app.example', as browsers write it: in lower case, without a path or the usual port"
            raise ValueError(f"origins: expected {accepted}, got {origin!r}")
    return frozenset(origins)
