from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.regeneration import Tree, copy_checkout, quick_generator
from support.upstream import FOLDER, published


@pytest.fixture(scope="session", autouse=True)
def _quick_generator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What runs generate.sh itself has the generator as it really is."""
    with quick_generator(tmp_path_factory.mktemp("templates")):
        yield


@pytest.fixture
def document() -> dict[str, Any]:
    """A whole document as OpenAI would publish it."""
    return published()


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Finds one of OpenAI's own documents by its file name."""

    def find(name: str) -> Path:
        if not (FOLDER / name).is_file():
            pytest.skip(f"{name} is not in a folder called shared/upstream beside the repository")
        return FOLDER / name

    return find


@pytest.fixture
def tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tree:
    """The committed output, to be written to by the tool as it is here."""
    return Tree(tmp_path, capsys)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of all that generate.sh needs, in a folder with a space in its name."""
    root = tmp_path / "my repository"
    copy_checkout(root)
    return root
