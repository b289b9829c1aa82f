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

    def demanding_context(self, version: ssl.TLSVersion) -> ssl.SSLContext:
        """Return the context of a server that wants a certificate of its clients.

        From TLS 1.3 on, a client without one learns of it when it reads the answer.
        """
        context = self.server_context()
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        self._authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType] # as above
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return what a client trusts the authority's servers with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType] # as above
        return context

    def write(self, folder: Path) -> Path:
        """Write the authority's certificate to a file, as `SSL_CERT_FILE` names one."""
        file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(file))
        return file
