"""Feeds every regular expression of the package 64 kB of what it may find hard; run as a program of its own."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chatkit_sessions

ROOT = Path(chatkit_sessions.__file__).parent
SIZE = 65_536
METHODS = ("fullmatch", "match", "search", "sub", "split", "findall", "finditer")
PUMPS = (
    *"1a .,:;-/_\"'\\\t\n\r",
    "1.",
    "1m",
    ". ",
    "\"'",
    "\n\r",
    "\n\r\n",
    "a-",
    "a/",
    "://",
    "client_secret",
    "mon ",
)
STARTS = ("", "mon, 01", "client_secret", "HTTP/1.1 200 ")
ENDS = ("\0", "e\n")


def expressions() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Yield each expression that a module of the package keeps, and the methods that it is used with."""
    for path in sorted(ROOT.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "import re\n" not in source:
            continue
        name = ".".join(("chatkit_sessions", *path.relative_to(ROOT).with_suffix("").parts))
        module = importlib.import_module(name)
        for used, method in _uses(ast.parse(source)):
            expression: Any = getattr(module, used, None)
            if isinstance(expression, str):
                expression = re.compile(expression)
            if isinstance(expression, re.Pattern):
                yield f"{name}.{used}", expression, method


def _uses(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names before `.search(text)`, and those in `re.search(name, text)`, each with its method."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(ast.Name("re"), method), [ast.Name(name), *_]) if method in METHODS:
                yield name, method
            case ast.Attribute(ast.Name(name), method) if method in METHODS and name != "re":
                yield name, method
            case _:
                pass


def texts() -> Iterator[str]:
    """Yield texts that a careless expression goes through again and again."""
    for start in STARTS:
        for pump in PUMPS:
            for end in ENDS:
                yield start + pump * (SIZE // len(pump)) + end


def main() -> None:
    for name, expression, method in expressions():
        use = getattr(expression, method)
        for text in texts():
            given = text if isinstance(expression.pattern, str) else text.encode()
            use("", given) if method == "sub" else use(given)
        print(name, method)


if __name__ == "__main__":
    main()
