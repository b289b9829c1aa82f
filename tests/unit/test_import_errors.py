"""What an import says when something that it needs is missing, or somebody else's."""

import sys
from pathlib import Path

import pytest
from chatkit_sessions._vendor import main as vendor
from support.copies import as_installed, run_with

BLOCKED = "import sys; sys.modules['attrs'] = None; "
TOO_OLD = "import sys, types; sys.modules['attrs'] = types.ModuleType('attrs'); "
NEEDED = "chatkit_sessions needs attrs, which is not installed: pip install attrs"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_installed(tmp_path_factory.mktemp("installed"))


def outcome(*arguments: str, folder: Path, path: Path) -> tuple[int, str]:
    done = run_with(Path(sys.executable), *arguments, folder=folder, PYTHONPATH=str(path))
    return done.returncode, done.stderr.splitlines()[-1] if done.stderr else ""


def stranger(folder: Path, text: str) -> str:
    """Write somebody else's generated_client, and return what has to be said of it."""
    package = folder / "generated_client"
    package.mkdir()
    (package / "__init__.py").write_text(text, encoding="utf-8")
    (package / "models.py").touch()
    (package / "limits.py").write_text("ATTRIBUTES = OPERATIONS = SCHEMAS = 1\n", encoding="utf-8")
    return (
        f"generated_client was found at {package}, but it is not the one of chatkit-sessions: rename that package, or "
        "use a vendored copy, which has its own inside (chatkit-sessions vendor DEST)"
    )


STRANGERS = [
    "",
    "import nowhere_to_be_found\n",
    "from . import client\n",
    "class AuthenticatedClient: ...\nfrom . import limits, models\n",
]


@pytest.mark.parametrize("text", STRANGERS)
def test_a_strangers_generated_client_is_named_with_the_two_ways_out(
    text: str, installed: Path, tmp_path: Path
) -> None:
    sentence = stranger(tmp_path, text)
    found = outcome("-c", "from chatkit_sessions import Sessions", folder=tmp_path, path=installed)
    assert found == (1, f"ImportError: {sentence}")


def test_the_command_says_the_same_and_one_way_out_is_open(installed: Path, tmp_path: Path) -> None:
    sentence = stranger(tmp_path, "")
    for command in ("--version", "doctor"):
        assert outcome("-m", "chatkit_sessions", command, folder=tmp_path, path=installed) == (3, f"Error: {sentence}")
    assert outcome("-m", "chatkit_sessions", "vendor", "ours", folder=tmp_path, path=installed) == (0, "")
    use = "from ours.chatkit_sessions import Sessions"
    assert outcome("-c", use, folder=tmp_path, path=installed) == (0, "")


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (BLOCKED, f"ModuleNotFoundError: {NEEDED}"),
        (TOO_OLD, "ImportError: chatkit_sessions cannot use the attrs that is installed: cannot import name 'define' "),
    ],
)
@pytest.mark.parametrize("package", ["chatkit_sessions", "service.chatkit_sessions"])
def test_a_requirement_that_is_missing_or_too_old_is_named(
    before: str, sentence: str, package: str, installed: Path, tmp_path: Path
) -> None:
    assert vendor([str(tmp_path / "service")]) == 0
    code, line = outcome("-c", f"{before}from {package} import Sessions", folder=tmp_path, path=installed)
    assert code == 1
    assert line.startswith(sentence)


def test_a_generated_package_that_is_missing_is_named(tmp_path: Path) -> None:
    place = as_installed(tmp_path / "ours")
    (place / "generated_client").rename(tmp_path / "elsewhere")
    # The installation that the tests themselves use has one, and a finder for it.
    use = (
        "import sys; sys.meta_path[:] = [each for each in sys.meta_path if 'frozen' in each.__module__]; "
        "from chatkit_sessions import Sessions"
    )
    code, line = outcome("-c", use, folder=tmp_path, path=place)
    assert code == 1
    assert line.startswith("ModuleNotFoundError: the package generated_client, which belongs to chatkit_sessions, is ")
