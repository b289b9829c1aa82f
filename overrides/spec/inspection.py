"""Checks what was generated: it must import, and no linter may find it broken, before it is put into place."""

import os
import re
import subprocess
import sys
from pathlib import Path

from openapi_python_client.parser import GeneratorData
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from spec.document import Object, SpecError, child, items, operations
from spec.trim import select
from spec.wire import way_out

_MODULE = [sys.executable, "-P", "-m"]
_RUFF = [*_MODULE, "ruff", "check", "--isolated", "--no-cache", "--no-respect-gitignore", "--exclude", "none"]
_LINT = [*_RUFF, "--select", "F811,F821", "--output-format", "concise"]
_CHECK_TYPES = [*_MODULE, "mypy", "--strict", "--config-file=", "--no-color-output", "--no-error-summary"]
_IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
name = package.__name__
try:
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        name = module.name
        importlib.import_module(name)
except Exception as error:
    sys.exit(f"{name.replace('.', '/')}.py:1: {type(error).__name__}: {error}")
"""


def inspect(package: Path, document: Object, parsed: GeneratorData, paths: str) -> None:
    """Import every module of a package, look for names that are undefined or defined twice, and check the types.

    Args:
        package: The generated package.
        document: The document that it was generated from.
        parsed: What the generator understood of it.
        paths: The expression by which its operations were selected.

    Raises:
        SpecError: There is a problem; it names the operation or the schema behind it.
    """
    for command in (
        [*_LINT, package.name],
        [sys.executable, "-P", "-B", "-c", _IMPORT_ALL, package.name],
        [*_CHECK_TYPES, f"--cache-dir={package.parents[1] / 'mypy-cache'}", package.name],
    ):
        found = run(command, package.parent)
        if found is not None:
            raise SpecError(_sentence(found, package, document, parsed, paths))


def run(command: list[str], folder: Path) -> str | None:
    """Run a command on the files made in a folder, and return what it prints if it fails."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RUFF_", "PYTHON", "MYPY"))}
    environment |= {"PYTHONUTF8": "1", "PYTHONPATH": str(folder)}
    done = subprocess.run(  # noqa: S603 - no shell
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    return None if done.returncode == 0 else (done.stdout.strip() or done.stderr.strip() or "no reason is given")


def _sentence(found: str, package: Path, document: Object, parsed: GeneratorData, paths: str) -> str:
    located = re.search(r"^([\w/\\-]+)\.py:\d+:.*", found, re.MULTILINE)
    if located is None:
        return f"What was generated cannot be looked at: {found.splitlines()[-1][:300]}"
    line = located[0][:300].rstrip(".")
    module = Path(located[1].replace("\\", "/")).relative_to(package.name).as_posix()
    what, needing = _origin(module, document, parsed)
    needed = f" for {', '.join(needing[:5])}" if needing else ""
    return f"The generator makes broken code of {what}{needed} ({line}). {way_out(document, needing, paths)}"


def _origin(module: str, document: Object, parsed: GeneratorData) -> tuple[str, list[str]]:
    """Return what a module was generated from, and the paths that need it."""
    for place, operation in operations(document).items():
        if module == _function(operation):
            return " ".join(place), [place[1]]
    for model in parsed.models:
        if module == f"models/{model.class_info.module_name}":
            roots = {str(root).rpartition("/")[2] for root in map(_text, model.roots)}
            return f"the schema of {model.class_info.name}", [
                path
                for path in child(document, "paths")
                if roots & child(child(select(document, f"^{re.escape(path)}$"), "components"), "schemas").keys()
            ]
    return "the document", []


def _function(operation: Object) -> str:
    tag = str((items(operation, "tags") or ["default"])[0])
    return f"api/{PythonIdentifier(tag, 'tag')}/{PythonIdentifier(str(operation.get('operationId')), 'field_')}"


def _text(root: object) -> object:
    return root.get_untrusted_value() if isinstance(root, UntrustedString) else root
