"""The generated code in a copy: fewer files, and the same code in them."""

import ast
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from chatkit_sessions._vendor.failure import VendorError
from chatkit_sessions._vendor.layout import Layout
from chatkit_sessions._vendor.merging import generated_files
from chatkit_sessions._vendor.package import render
from chatkit_sessions._vendor.place import put
from support.copies import GENERATED

from generated_client import models
from generated_client.api.sessions import cancel_chat_session, create_chat_session

SESSION = {
    "id": "cksess_1",
    "object": "chatkit.session",
    "expires_at": 1,
    "client_secret": "ek_1",
    "workflow": {"id": "wf_1", "version": None, "state_variables": {"n": 1}, "tracing": {"enabled": True}},
    "user": "u",
    "rate_limits": {"max_requests_per_1_minute": 10},
    "max_requests_per_1_minute": 10,
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": 1, "max_files": 2},
        "history": {"enabled": True, "recent_threads": None},
    },
    "status": "active",
    "added_later": [1],
}
BODY = {
    "user": "u",
    "workflow": {"id": "wf_1", "state_variables": {"plan": "pro"}},
    "expires_after": {"anchor": "created_at", "seconds": 60},
    "chatkit_configuration": {"history": {"enabled": False}},
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package of a copy that is imported into this process, under a name of its own."""
    name = f"copy_{uuid4().hex}"
    folder = tmp_path_factory.mktemp("copied")
    put(render(), folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), *sys.path])
        yield import_module(f"{name}.generated_client")


def test_the_generated_code_of_a_copy_is_in_four_files() -> None:
    files = generated_files(Layout(GENERATED))
    assert set(files) == {
        "generated_client/__init__.py",
        "generated_client/models.py",
        "generated_client/api/sessions/cancel_chat_session.py",
        "generated_client/api/sessions/create_chat_session.py",
    }


class WithoutImports(ast.NodeTransformer):
    """Takes from code what may differ in a copy: imports, and the names of type variables."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        del node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name("T" if node.id.startswith("T_") else node.id, node.ctx)


def definitions(*texts: str) -> Counter[str]:
    """Return what some modules define, in a form that compares."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign)
    statements = [node for text in texts for node in ast.parse(text).body if isinstance(node, kinds)]
    ours = [ast.dump(WithoutImports().visit(node)) for node in statements if "__all__" not in ast.unparse(node)]
    return Counter(re.sub(r"'T_\w+'", "'T'", text) for text in ours)


def test_nothing_but_imports_and_the_names_of_type_variables_differs() -> None:
    files = generated_files(Layout(GENERATED))
    originals = [path.read_text(encoding="utf-8") for path in GENERATED.rglob("*.py")]
    assert definitions(*files.values()) == definitions(*originals)
    assert definitions(files["generated_client/models.py"])


def test_the_models_of_a_copy_are_the_same_by_name(copied: ModuleType) -> None:
    theirs = import_module(f"{copied.__name__}.models")
    assert theirs.__all__ == models.__all__
    assert all(hasattr(theirs, name) for name in theirs.__all__)


@pytest.mark.parametrize(("name", "data"), [("ChatSession", SESSION), ("SessionCreateParams", BODY)])
def test_models_read_and_write_json_as_ours_do(name: str, data: dict[str, Any], copied: ModuleType) -> None:
    theirs = import_module(f"{copied.__name__}.models")
    assert getattr(theirs, name).from_dict(data).to_dict() == getattr(models, name).from_dict(data).to_dict() == data


@pytest.mark.parametrize("module", ["client", "errors", "limits", "types"])
def test_what_stood_in_modules_of_the_package_stands_in_the_package(module: str, copied: ModuleType) -> None:
    ours = import_module(f"generated_client.{module}")
    names = {name for node in ast.parse(inspect.getsource(ours)).body for name in defined_by(node)}
    assert names
    assert names <= vars(copied).keys()


def defined_by(node: ast.stmt) -> list[str]:
    match node:
        case (
            ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)])
        ):
            return [name]
        case _:
            return []


@pytest.mark.parametrize("ours", [create_chat_session, cancel_chat_session])
def test_the_endpoint_functions_stand_where_they_stood(ours: ModuleType, copied: ModuleType) -> None:
    theirs = import_module(ours.__name__.replace("generated_client", copied.__name__))
    for name in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
        assert inspect.getsource(getattr(theirs, name)) == inspect.getsource(getattr(ours, name))
    assert theirs.errors.UnexpectedStatus is copied.__dict__["UnexpectedStatus"]


HEAD = '"""A package."""\n'
SOURCES = [
    pytest.param(
        {"__init__.py": HEAD, "models/__init__.py": HEAD, "models/a.py": "X = 1\n", "models/b.py": "X = 2\n"},
        "two of the modules of generated_client.models have a X",
        id="a name twice",
    ),
    pytest.param(
        {"__init__.py": HEAD, "models/__init__.py": HEAD, "models/a.py": "for x in ():\n    pass\n"},
        "a generated module has a statement of an unexpected kind: for x in ()",
        id="a statement of another kind",
    ),
    pytest.param(
        {"__init__.py": HEAD, "client.py": f"{HEAD}print('hello')\n"},
        "a generated module has a statement of an unexpected kind: print('hello')",
        id="a call",
    ),
    pytest.param(
        {"__init__.py": HEAD, "client.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import models\n"},
        "generated_client.client imports for type checkers from a file that is not its own",
        id="an import for type checkers",
    ),
    pytest.param(
        {"__init__.py": HEAD, "api/__init__.py": f"{HEAD}X = 1\n"},
        "generated_client.api has code, which has no place in a copy",
        id="code beside the endpoints",
    ),
]


@pytest.mark.parametrize(("sources", "message"), SOURCES)
def test_code_that_cannot_be_put_together_is_refused(sources: dict[str, str], message: str, tmp_path: Path) -> None:
    for path, text in sources.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    with pytest.raises(VendorError) as caught:
        generated_files(Layout(tmp_path))
    assert str(caught.value).startswith(message)


def test_a_line_is_replaced_by_what_it_says_and_not_by_what_it_looks_like(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    for path in ("__init__.py", "models/__init__.py"):
        (tmp_path / path).write_text(HEAD, encoding="utf-8")
    for name in ("One", "Two"):
        text = (
            "from __future__ import annotations\n\nfrom typing import TypeVar\n\n"
            f'T = TypeVar("T", bound="{name}")\n\n\n'
            f'class {name}:\n    """T…\u2028import T"""\n\n'
            '    def keep(self: T, ÜT: str = "T") -> T:\n        return self  # T\n'
        )
        (tmp_path / "models" / f"{name.lower()}.py").write_text(text, encoding="utf-8")
    merged = generated_files(Layout(tmp_path))["generated_client/models.py"]
    assert 'T_One = TypeVar("T_One", bound="One")' in merged
    assert merged.count('"""T…\u2028import T"""') == 2
    assert '    def keep(self: T_Two, ÜT: str = "T") -> T_Two:\n        return self  # T\n' in merged
    assert merged.count("import ") == 4  # two statements at the head, two words in docstrings
