"""Prints what the package requires, with the extras that are named as arguments."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
print(*project["dependencies"], *(requirement for name in sys.argv[1:] for requirement in extras[name]), sep="\n")
