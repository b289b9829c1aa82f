"""Finds the addresses of a server that listens on all addresses of the machine."""

import socket
from contextlib import suppress

# A UDP socket that connects sends nothing, but chooses its own address. These targets lead nowhere.
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_ALL = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # noqa: S104 - looked up, not listened on


def reachable_at(host: str) -> list[str]:
    """Return the addresses that clients can use, the loopback one first.

    Args:
        host: What the server listens on.
    """
    family = _ALL.get(host)
    if family is None:
        return [host]
    found = [_LOOPBACK[family]]
    with suppress(OSError):
        named = socket.getaddrinfo(socket.gethostname(), None, family, socket.SOCK_STREAM)
        found += [str(address[0]) for *_, address in named]
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((_ELSEWHERE[family], 9))
        found.append(probe.getsockname()[0])
    return list(dict.fromkeys(found))
