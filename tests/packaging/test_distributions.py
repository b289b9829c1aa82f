"""What is in the wheel and the sdist, and whether an index would take them."""

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor.package import render
from support.copies import ROOT, files_of
from support.distributions import Built, uv
from support.regeneration import generate_sh


@pytest.fixture
def unpacked(built: Built, tmp_path: Path) -> Path:
    # Not by tarfile: what it must be told to be silent, Python 3.11 does not know before 3.11.4.
    subprocess.run(["tar", "-xzf", built.sdist, "-C", tmp_path], check=True)
    return tmp_path / built.sdist.name.removesuffix(".tar.gz")


@pytest.mark.parametrize("tool", [("twine", "check", "--strict"), ("check_wheel_contents",)], ids=lambda tool: tool[0])
def test_the_distributions_pass_what_others_check(built: Built, tool: tuple[str, ...]) -> None:
    judged = [built.wheel] if tool[0] == "check_wheel_contents" else [built.wheel, built.sdist]
    done = subprocess.run([sys.executable, "-m", *tool, *judged], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_two_typed_packages_and_no_more(built: Built) -> None:
    with ZipFile(built.wheel) as archive:
        names = archive.namelist()
    info = f"chatkit_sessions-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"chatkit_sessions", "generated_client", info}
    assert {name.removeprefix(f"{info}/") for name in names if name.startswith(info)} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }
    assert {"chatkit_sessions/py.typed", "generated_client/py.typed", "generated_client/openapi.json"} <= set(names)


def test_the_digests_of_a_vendored_copy_are_those_of_the_wheel(built: Built) -> None:
    copy = render()
    with ZipFile(built.wheel) as archive:
        released = {
            name.removeprefix("chatkit_sessions/"): hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
        }
    digests = json.loads(copy["VENDORED.json"])["sha256"]
    differ = {path for path, digest in digests.items() if released.get(path) != digest}
    assert differ == {".gitattributes", "LICENSE", "VENDORED.cdx.json", "_generated.py"}


def test_no_distribution_tells_where_it_was_built(built: Built) -> None:
    with ZipFile(built.wheel) as wheel, tarfile.open(built.sdist) as sdist:
        contents = [wheel.read(name) for name in wheel.namelist()]
        contents += [file.read() for member in sdist if (file := sdist.extractfile(member)) is not None]
        owners = {(member.uname, member.gname, member.uid, member.gid) for member in sdist}
    told = [str(place).encode() for place in (ROOT, Path.home(), built.wheel.parent) if place != Path("/")]
    assert not [place for place in told for content in contents if place in content]
    assert owners == {("", "", 0, 0)}


def test_the_tree_builds_the_same_wheel_as_the_sdist(built: Built, tmp_path: Path) -> None:
    uv("build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT)
    assert (tmp_path / built.wheel.name).read_bytes() == built.wheel.read_bytes()


def test_the_sdist_holds_what_is_committed(unpacked: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this tree is not a checkout")
    held = set(files_of(unpacked)) - {"PKG-INFO"}
    assert _listed("--cached") - held == set()
    assert held - _listed("--cached", "--others", "--exclude-standard") == set()


def test_code_is_generated_from_an_unpacked_sdist(unpacked: Path) -> None:
    checked = generate_sh(unpacked, "--check")
    assert (checked.code, checked.error) == (0, "")


def test_an_editable_install_offers_the_two_packages_and_nothing_else_of_the_tree(tmp_path: Path) -> None:
    script = """
from importlib.util import find_spec
for name in ("chatkit_sessions", "generated_client", "overrides", "spec", "tests"):
    found = find_spec(name)
    print(name, None if found is None else found.origin)
"""
    printed = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    origins = dict(line.split() for line in printed.splitlines())
    ours = {name for name, origin in origins.items() if origin.startswith(str(ROOT)) and ".venv" not in origin}
    assert ours == {"chatkit_sessions", "generated_client"}


def _listed(*which: str) -> set[str]:
    command = ["git", "ls-files", "-z", *which]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")) - {""}
