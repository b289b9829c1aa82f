"""The generated package as a copy holds it: in few files."""

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Final

from .failure import VendorError
from .imports import Import, absolute, moved, statements
from .layout import Layout, path_of_home
from .source import Source

_NOTICE: Final = "# The generated modules of {}, put into one file by `chatkit-sessions vendor`. Do not edit."


def generated_files(layout: Layout) -> dict[str, str]:
    """Return the generated package's files for a copy, by their paths in it.

    Raises:
        VendorError: The generated code has something that this cannot put together.
    """
    homes: dict[str, list[str]] = {}
    for module in layout.modules:
        homes.setdefault(layout.home(module), []).append(module)
    texts = {
        path_of_home(home): _alone(home, layout) if layout.is_endpoint(home) else _together(home, members, layout)
        for home, members in homes.items()
    }
    return {path: text for path, text in texts.items() if text}


def _alone(module: str, layout: Layout) -> str:
    source = Source(layout.modules[module])
    if layout.is_package(module):
        if len(source.tree.body) > 1:
            raise VendorError(f"{module} has code, which has no place in a copy.")
        return ""  # Python needs no file for a package without code
    source.move_imports(ast.walk(source.tree), layout.package_of(module), module, layout)
    return source.text()


def _together(home: str, members: list[str], layout: Layout) -> str:
    parts = [_taken_apart(module, home, layout) for module in _in_order(members, layout)]
    _tell_apart(parts, home)
    imports: dict[str, set[str]] = {}
    for part in parts:
        for source, names in part.imports.items():
            imports.setdefault(source, set()).update(names)
    imports.get("typing", set()).discard("TYPE_CHECKING")
    in_order = sorted(imports, key=lambda source: (source != "__future__", source.startswith("."), source))
    lines = statements({source: sorted(imports[source]) for source in in_order})
    head = [_NOTICE.format(home), Source(layout.modules[home]).docstring or "", "", *lines, ""]
    bodies = [body for part in parts if (body := part.source.text()).strip()]
    return "\n\n".join(["\n".join(head), *bodies])


def _in_order(members: list[str], layout: Layout) -> list[str]:
    """Return the modules so that each comes after those that it needs when it is loaded."""
    needs: dict[str, list[str]] = {}
    for module in members:
        imports = [node for node in Source(layout.modules[module]).tree.body if isinstance(node, ast.ImportFrom)]
        named = {absolute(node, layout.package_of(module)) for node in imports}
        needs[module] = sorted(named.intersection(members))  # a list, since the order of a set changes from run to run
    return list(TopologicalSorter(needs).static_order())


@dataclass
class _Part:
    """What one module contributes.

    Attributes:
        source: Its code, without what stands once at the head of a file.
        imports: What it imports from other files: names by source.
        defined: The names that it gives a meaning to, each with the statement that does.
    """

    source: Source
    imports: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    defined: dict[str, ast.stmt] = field(default_factory=dict[str, ast.stmt])


def _taken_apart(module: str, home: str, layout: Layout) -> _Part:
    part = _Part(Source(layout.modules[module]))
    source, package = part.source, layout.package_of(module)
    source.drop_notice()
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for origin, names in moved(node, package, home, layout).items():
                part.imports.setdefault(origin, []).extend(names)
            source.replace(node, [])
        elif _is_for_type_checkers(node):
            if any(moved(inner, package, home, layout) for inner in _imports_in(node)):
                raise VendorError(f"{module} imports for type checkers from a file that is not its own.")
            source.replace(node, [])
        elif _is_docstring(node) or (_names(node) == ["__all__"] and module != home):
            source.replace(node, [])
        else:
            part.defined |= dict.fromkeys(_names(node), node)
            source.move_imports(ast.walk(node), package, home, layout)
    return part


def _tell_apart(parts: Iterable[_Part], home: str) -> None:
    """Give each type variable that has its name in common with another the name of the class that it stands for."""
    counts = Counter(name for part in parts for name in part.defined)
    for part in parts:
        for name in [name for name in part.defined if counts[name] > 1]:
            bound = _bound(part.defined[name])
            if bound is None:
                raise VendorError(f"two of the modules of {home} have a {name}, and a copy holds them in one file.")
            part.source.rename(name, f"{name}_{bound}")


def _bound(node: ast.stmt) -> str | None:
    match node:
        case ast.Assign(
            value=ast.Call(
                func=ast.Name(id="TypeVar"), keywords=[ast.keyword(arg="bound", value=ast.Constant(value=str(bound)))]
            )
        ):
            return bound
        case _:
            return None


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _imports_in(node: ast.stmt) -> list[Import]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]


def _names(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module gives a meaning to."""
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            raise VendorError(f"a generated module has a statement of an unexpected kind: {ast.unparse(node):.80}")
