"""Makes the certificate of the canned server, and the authorities that the contenders are to trust.

Run as `python -m benchmarks.certificates DIRECTORY`, in a process of its own, which keeps the memory that it takes out
of the figures.
"""

import sys
from pathlib import Path

import certifi
import trustme


def make(directory: Path) -> None:
    """Write `server.pem` and `trusted.pem`; the latter also holds the usual authorities, whose loading takes time."""
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(directory / "server.pem"))
    usual = Path(certifi.where()).read_bytes()
    (directory / "trusted.pem").write_bytes(usual + authority.cert_pem.bytes())


if __name__ == "__main__":
    make(Path(sys.argv[1]))
