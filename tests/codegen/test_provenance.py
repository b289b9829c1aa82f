"""What was made from what is in the package, and said by its command."""

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version

from spec.refresh import overlay_digest
from support.regeneration import ROOT


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def test_the_package_records_and_the_command_prints_what_it_was_made_from() -> None:
    made = json.loads((ROOT / "generated_client" / "provenance.json").read_text(encoding="utf-8"))
    assert made["document-sha256"] == digest("generated_client/openapi.json")
    assert made["configuration-sha256"] == digest("overrides/generator.yaml")
    assert made["source"]["overlay-sha256"] == overlay_digest()
    assert made["generator"] == f"openapi-python-client {version('openapi-python-client')}"
    assert made["formatter"] == f"ruff {version('ruff')}"
    command = [sys.executable, "-m", "chatkit_sessions", "--version"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    source = made.pop("source")
    for fact in (*made.values(), source["repository"], source["version"], source["sha256"], source["overlay-sha256"]):
        assert fact in printed
