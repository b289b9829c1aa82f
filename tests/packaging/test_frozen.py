"""Programs that are packed into one file or frozen, and surroundings that allow little."""

import json
import os
import shutil
import subprocess
import sys
import zipapp
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.behaviours import answer, status
from support.copies import ROOT
from support.distributions import Built, Environment, uv
from support.fault_server import FaultServer, Peer

Command = list[str | Path]
Mint = Callable[..., None]

PROGRAM = ROOT / "tests" / "packaging" / "mint.py"
DATE = "Fri, 31 Dec 9999 23:59:59 GMT"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    def behave(peer: Peer) -> None:
        (status(429, f"retry-after: {DATE}") if peer.request.user == "limited" else answer)(peer)

    with FaultServer(otherwise=behave) as server:
        yield server.base_url


@pytest.fixture
def mint(url: str, tmp_path: Path) -> Mint:
    """Run a program, and see that it creates a session in every way that it has."""

    def mint(command: Command, *backends: str, **environment: str) -> None:
        # Nothing of this environment, and no folder that anything could be kept in.
        program = subprocess.run(
            [*command, url, *backends], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert program.returncode == 0, program.stdout + program.stderr
        assert json.loads(program.stdout) == [["sync", "async", *("async" for _ in backends)], True]

    return mint


@pytest.fixture(scope="module")
def packages(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("packages")
    uv("pip", "install", "--quiet", "--python", sys.executable, "--target", folder, built.wheel)
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has nothing installed."""
    folder = tmp_path_factory.mktemp("bare")
    uv("venv", "--quiet", "--python", sys.executable, folder / "env")
    return folder / "env" / "bin" / "python"


def test_a_zipapp_mints(python: Path, packages: Path, mint: Mint, tmp_path: Path) -> None:
    shutil.copytree(packages, tmp_path / "app")
    shutil.copy(PROGRAM, tmp_path / "app" / "__main__.py")
    zipapp.create_archive(tmp_path / "app", tmp_path / "app.pyz", compressed=True)
    shutil.rmtree(tmp_path / "app")
    mint([python, tmp_path / "app.pyz"])


def test_a_zip_on_the_path_serves_as_well(python: Path, packages: Path, mint: Mint, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "packages"), "zip", packages)
    mint([python, PROGRAM], PYTHONPATH=archive)


@pytest.mark.parametrize("option", ["-O", "-OO", "-I"])
def test_no_option_of_pythons_is_in_the_way(
    option: str, python: Path, packages: Path, mint: Mint, tmp_path: Path
) -> None:
    start = f"import runpy, sys; sys.path.insert(0, {str(packages)!r}); sys.argv[:1] = []; "
    mint([python, option, "-c", f"{start}runpy.run_path(sys.argv[0], run_name='__main__')", PROGRAM])


READ_ONLY = """
import os, runpy, sys
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
def refuse(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
    if writes or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod"):
        raise OSError(30, "Read-only file system", str(arguments[0]))
sys.addaudithook(refuse)
sys.argv[:1] = []
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_nothing_is_written_and_no_home_is_needed(python: Path, packages: Path, mint: Mint) -> None:
    mint([python, "-c", READ_ONLY, PROGRAM], PYTHONPATH=str(packages))


@pytest.fixture(scope="module")
def tools(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel, aiohttp and the tools that freeze programs."""
    environment = Environment(
        built, tmp_path_factory.mktemp("tools") / "environment", python=Path(sys.executable), bound="newest"
    )
    environment.install("aiohttp")
    uv("pip", "install", "--quiet", "--python", environment.python, "--group", f"{ROOT / 'pyproject.toml'}:frozen")
    return environment.python


def run(*command: str | Path, folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]


@pytest.mark.slow
def test_shiv_packs_it(tools: Path, packages: Path, python: Path, mint: Mint, tmp_path: Path) -> None:
    shutil.copytree(packages, tmp_path / "site")
    shutil.copy(PROGRAM, tmp_path / "site")
    options = ("--site-packages", "site", "--entry-point", "mint:program", "--output-file", "app.pyz")
    run(tools.with_name("shiv"), *options, folder=tmp_path)
    mint([python, tmp_path / "app.pyz"], SHIV_ROOT=str(tmp_path / "unpacked"))


@pytest.mark.slow
def test_pex_packs_it(tools: Path, built: Built, python: Path, mint: Mint, tmp_path: Path) -> None:
    options = ("--executable", PROGRAM, "--output-file", "app.pex", "--use-pip-config")
    run(tools.with_name("pex"), built.wheel, *options, folder=tmp_path)
    mint([python, tmp_path / "app.pex"], PEX_ROOT=str(tmp_path / "unpacked"))


@pytest.mark.slow
def test_pyinstaller_freezes_it_with_the_hook_that_comes_along(
    tools: Path, python: Path, mint: Mint, tmp_path: Path
) -> None:
    run(tools.with_name("pyinstaller"), "--onedir", PROGRAM, folder=tmp_path)
    mint([tmp_path / "dist" / "mint" / "mint"], "aiohttp")
    assert list((tmp_path / "dist").rglob("generated_client/provenance.json"))


@pytest.mark.slow
def test_nuitka_compiles_it(tools: Path, mint: Mint, tmp_path: Path) -> None:
    # Ten minutes of one processor: all that is loaded is compiled, but for what httpx has for a command line.
    options = ("--mode=standalone", "--lto=no", "--nofollow-import-to=click,pygments,rich,trio")
    run(tools, "-m", "nuitka", "--assume-yes-for-downloads", *options, PROGRAM, folder=tmp_path)
    mint([tmp_path / "mint.dist" / "mint.bin"], "aiohttp")
