"""The endpoint stays small enough to be read in one sitting, and so does what ties it to a framework."""

import ast
import io
import tokenize
from pathlib import Path

import pytest
from chatkit_sessions import web

FOLDER = Path(web.__file__).parent
LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def lines(module: str) -> int:
    """Count the lines of a module that are neither blank nor a comment nor a docstring."""
    text = (FOLDER / f"{module}.py").read_text("utf-8")
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in LAYOUT]
    code = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    return len(code - {line for node in ast.walk(ast.parse(text)) for line in documentation(node)})


def documentation(node: ast.AST) -> range:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return range(node.lineno, (node.end_lineno or 0) + 1) if isinstance(node, ast.Expr) and is_text else range(0)


def reached(module: str) -> set[str]:
    """Return a module and those beside it that it needs."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))
    beside = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1}
    return {module}.union(*(reached(name) for name in beside if name))


CORE = reached("__init__")
ADAPTERS = {path.stem for path in FOLDER.glob("*.py")} - CORE


def test_the_core_is_what_needs_no_framework() -> None:
    assert {"__init__", "_endpoint", "_cookies", "_limits"} < CORE
    assert {"django", "fastapi", "flask", "starlette", "_adapters", "_drivers"} == ADAPTERS


def test_the_core_stays_under_450_lines() -> None:
    assert sum(map(lines, CORE)) < 450


@pytest.mark.parametrize("module", sorted(ADAPTERS))
def test_what_ties_it_to_a_framework_stays_under_80_lines_each(module: str) -> None:
    assert lines(module) < 80
