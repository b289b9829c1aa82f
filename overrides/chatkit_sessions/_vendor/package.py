"""What a copy consists of."""

import ast
import hashlib
import json
from typing import Any, Final

from chatkit_sessions import __version__

from .failure import VendorError
from .imports import check_relative
from .layout import Layout
from .merging import generated_files
from .project import PACKAGE, Project, find_project
from .source import Source

MANIFEST: Final = "VENDORED.json"

# What users import; the rest is what these need.
_PUBLIC: Final = ("__init__", "types")
_SEAM: Final = "_generated"
# An extra. Whoever asks a copy for it is told that it is not there.
_LEFT_OUT: Final = frozenset({"_aiohttp"})


def render() -> dict[str, bytes]:
    """Return the files of a copy by their paths: the same bytes from every installation of one version.

    Raises:
        VendorError: Something is missing here, or cannot be copied.
    """
    project = find_project()
    layout = Layout(project.generated)
    texts = {**_handwritten(layout), **generated_files(layout), "LICENSE": project.license}
    for path, text in texts.items():
        if path.endswith(".py"):
            check_relative(ast.parse(text), path)
    files = {path: text.encode() for path, text in sorted(texts.items())}
    manifest = json.dumps(_manifest(project, files), indent=2, ensure_ascii=False) + "\n"
    return {**files, MANIFEST: manifest.encode()}


def digest(content: bytes) -> str:
    """Return what stands for a file's content in a manifest."""
    return hashlib.sha256(content).hexdigest()


def _manifest(project: Project, files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "name": "chatkit-sessions",
        "version": __version__,
        "requires-python": project.python,
        "requirements": list(project.requirements),
        "document": json.loads((project.generated / "provenance.json").read_text(encoding="utf-8")),
        "sha256": {path: digest(content) for path, content in files.items()},
    }


def _handwritten(layout: Layout) -> dict[str, str]:
    texts: dict[str, str] = {}
    waiting = list(_PUBLIC)
    while waiting:
        module = waiting.pop()
        if f"{module}.py" in texts or module in _LEFT_OUT:
            continue
        source = Source(PACKAGE / f"{module}.py")
        if module == _SEAM:
            source.move_imports(list(ast.walk(source.tree)), "", module, layout)
        else:
            waiting += _own_imports(source.tree)
        texts[f"{module}.py"] = source.text()
    return texts


def _own_imports(tree: ast.AST) -> list[str]:
    """Return the modules of this package that one of them imports."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names += [node.module] if node.module else [alias.name for alias in node.names]
    if folders := [name for name in names if not (PACKAGE / f"{name}.py").is_file()]:
        raise VendorError(f"the core imports {', '.join(folders)}, which is no module of it.")
    return names
