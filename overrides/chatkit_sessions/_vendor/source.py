"""The source of one module, in which statements are replaced while everything else stays as it is written."""

import ast
from collections.abc import Iterable
from pathlib import Path

from .imports import moved, statements
from .layout import Layout


class Source:
    """A module's lines and its syntax tree. The tree keeps to the original, whatever is replaced.

    Attributes:
        tree: The syntax tree.
        docstring: The docstring with its quotes, as it is written; None without one.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(text)
        self.docstring = ast.get_source_segment(text, self.tree.body[0]) if ast.get_docstring(self.tree) else None
        # A replaced statement leaves as many entries behind, so that the tree's line numbers stay true.
        self._lines: list[str | None] = list(text.split("\n"))

    def replace(self, node: ast.stmt, lines: list[str]) -> None:
        """Put other lines in the place of a statement; with none, a blank line after it goes too."""
        first, after = node.lineno - 1, node.end_lineno or node.lineno
        if not lines and after < len(self._lines) and self._lines[after] == "":
            after += 1
        self._lines[first:after] = ["\n".join(lines) if lines else None, *[None] * (after - first - 1)]

    def move_imports(self, nodes: Iterable[ast.AST], package: str, home: str, layout: Layout) -> None:
        """Make the imports among the nodes say what a module of a copy says instead."""
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.replace(node, statements(moved(node, package, home, layout), " " * node.col_offset))

    def drop_notice(self) -> None:
        """Leave out the comments above the first statement."""
        above = self.tree.body[0].lineno - 1
        self._lines[:above] = [None] * above

    def rename(self, name: str, new: str) -> None:
        """Rename a type variable wherever it stands, also in the string that repeats its name."""
        for node in sorted(self._spelled(name), key=lambda node: node.col_offset, reverse=True):
            written = new if isinstance(node, ast.Name) else f'"{new}"'
            line = (self._lines[node.lineno - 1] or "").encode()  # columns count bytes
            line = line[: node.col_offset] + written.encode() + line[node.end_col_offset :]
            self._lines[node.lineno - 1] = line.decode()

    def text(self) -> str:
        """Return the lines as they are now."""
        return "\n".join(line for line in self._lines if line is not None).strip("\n") + "\n"

    def _spelled(self, name: str) -> list[ast.Name | ast.Constant]:
        spelled: list[ast.Name | ast.Constant] = []
        for node in ast.walk(self.tree):
            match node:
                case ast.Name(id=found) if found == name:
                    spelled.append(node)
                case ast.Call(func=ast.Name(id="TypeVar"), args=[ast.Constant(value=found) as string]) if found == name:
                    spelled.append(string)
                case _:
                    pass
        return spelled
