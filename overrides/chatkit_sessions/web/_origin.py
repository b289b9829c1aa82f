"""Whether a request was made by a page of another origin."""

from collections.abc import Callable, Collection


def is_cross_origin(header: Callable[[str], str], origins: Collection[str]) -> bool:
    """Return whether a page of another origin sent the request. The rules are those of Go's `CrossOriginProtection`.

    Args:
        header: Gives the value of a header, "" for none.
        origins: Other origins whose pages may.
    """
    origin, site, host = header("origin"), header("sec-fetch-site"), header("host")
    if "," in origin:  # two headers, which no browser sends
        return True
    if origin in origins:
        return False
    if site:
        return site not in ("same-origin", "none")
    return bool(origin) and (not host or origin.partition("://")[2].lower() != host.lower())
