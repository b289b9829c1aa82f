"""Which module may import which: arrows point down only, and nowhere is a circle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import chatkit_sessions
import pytest

HOUSE = Path(chatkit_sessions.__file__).parent

# From the roof to the ground. A module may import those of later rows, and those of its own row.
STOREYS = [
    {"__main__", "pytest_plugin", "cli", "emulator", "web", "_vendor", "_pyinstaller"},
    {"__init__"},
    {"_sessions", "_async_sessions", "_client"},
    {"_base_client", "_responses", "_async_responses"},
    {"_call"},
    {"_transport"},
    {"_session", "types", "_config", "_base_url"},
    {"_headers", "_query", "_deadline", "_log", "_generated"},
    {"_errors"},
    {"_retry"},
    {"_import_error", "_omit", "_secret", "_version"},
]


def modules(house: Path) -> dict[str, Path]:
    """Return the files of a package by their names in it."""
    return {".".join(path.relative_to(house).with_suffix("").parts): path for path in sorted(house.rglob("*.py"))}


def imported(name: str, path: Path, known: set[str]) -> Iterator[str]:
    """Yield the modules of its own package that a module imports, also inside functions and for type checkers."""
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
        for alias in node.names:
            for target in (".".join([*base, alias.name]), ".".join(base), ".".join([*base, "__init__"])):
                if target in known:
                    yield target
                    break


def arrows(house: Path) -> dict[str, set[str]]:
    files = modules(house)
    return {name: set(imported(name, path, set(files))) - {name} for name, path in files.items()}


def storey(name: str) -> int:
    part = name.split(".")[0]
    return next(row for row, parts in enumerate(STOREYS) if part in parts)


def upward(house: Path) -> list[str]:
    """Return the imports that point up, or from one part of the roof to another that is not its business."""
    return [
        f"{name} imports {target}"
        for name, targets in arrows(house).items()
        for target in targets
        if storey(target) < storey(name)
    ]


def circles(house: Path) -> list[str]:
    """Return the modules that can be reached from themselves, within the storeys that a call passes."""
    graph = {name: targets for name, targets in arrows(house).items() if storey(name) > 1}

    def reached(name: str) -> set[str]:
        seen: set[str] = set()
        waiting = [*graph[name]]
        while waiting:
            if (each := waiting.pop()) not in seen:
                seen.add(each)
                waiting += graph.get(each, ())
        return seen

    return [name for name in graph if name in reached(name)]


def test_every_module_has_its_storey() -> None:
    known = {part for parts in STOREYS for part in parts}
    assert {name.split(".")[0] for name in modules(HOUSE)} <= known


def test_nothing_points_up() -> None:
    assert upward(HOUSE) == []


def test_there_is_no_circle() -> None:
    assert circles(HOUSE) == []


def test_transport_knows_nothing_of_chatkit() -> None:
    allowed = {"_errors", "_deadline"}
    for name, targets in arrows(HOUSE).items():
        if name.startswith("_transport."):
            assert {each for each in targets if not each.startswith("_transport.")} <= allowed, name


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("_transport/network.py", "from .._call import attempts", upward),
        ("_secret.py", "from ._config import Options", upward),
        ("_sessions.py", "from .emulator import Emulator", upward),
        ("_call/decoding.py", "from .attempts import Attempts", circles),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, file: str, line: str, found: object) -> None:
    for name, path in modules(HOUSE).items():
        copied = tmp_path / path.relative_to(HOUSE)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text(path.read_text(encoding="utf-8") + (line if name == file[:-3].replace("/", ".") else ""))
    assert callable(found)
    assert found(tmp_path) != []


def methods(node: ast.ClassDef) -> set[str]:
    return {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_no_file_is_long_and_no_class_but_a_public_client_has_many_methods() -> None:
    for path in HOUSE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert source.count("\n") <= 350, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and node.name not in {"Sessions", "AsyncSessions", "ChatKitClient"}:
                assert len(methods(node)) <= 15, (path, node.name)
