"""Certificates of an authority that nobody trusts but who is told to."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import trustme


class Authority:
    """A certificate authority, and a server of it on loopback."""

    def __init__(self) -> None:
        self._authority: Final = trustme.CA()

    def server_context(self, name: str = "127.0.0.1") -> ssl.SSLContext:
        """Return what a server of this name proves itself with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)  # pyright: ignore[reportUnknownMemberType] # of PyOpenSSL's
        return context

    def write(self, folder: Path) -> Path:
        """Write the authority's certificate to a file, as `SSL_CERT_FILE` names one."""
        file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(file))
        return file
