"""The commands of the README and of docs/ are what a shell reads, name what there is, and some of them run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from chatkit_sessions.emulator import Emulator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *ROOT.glob("docs/*.md")]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKED: Final = {line.partition("==")[0] for line in (ROOT / ".ci" / "lock.txt").read_text("utf-8").splitlines()}
ENVIRONMENT: Final = {
    **os.environ,
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "overrides", ROOT / "tests"])),
}
# The commands whose helps together list the options of a program.
HELPS: Final = {
    "bandit": ["bandit --help"],
    "curl": ["curl --help all"],
    "django-admin": ["django-admin help"],
    "flask": ["flask --help", "flask run --help"],
    "gunicorn": ["gunicorn --help"],
    "pip": ["pip install --help"],
    "pytest": ["pytest --help"],
    "uvicorn": ["uvicorn --help"],
}
# Programs that the tests do not install, or that have no options in the pages.
ELSEWHERE: Final = {"cd", "export", "gh", "jq", "mkdir", "npm", "pipx", "pre-commit"}


def blocks(page: Path) -> list[str]:
    """Return the blocks of shell of a page, without prompts and what a command prints after one."""
    found = re.findall(r"^```(?:bash|console)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return ["\n".join(re.findall(r"^\$ (.+)", block, re.MULTILINE)) or block for block in found]


def inline(page: Path) -> Iterator[str]:
    """Yield what a page has in backticks that begins like a command, and the steps of its workflows."""
    text = page.read_text("utf-8")
    yield from re.findall(r"^ *- run: (.+)$", text, re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        first, _, rest = re.sub(r"^[A-Z]+=\S+ ", "", code).partition(" ")
        is_script = first.startswith(("./", ".ci/")) and not first.endswith(("/", ".txt"))
        if is_script or (rest and first in {*HELPS, "chatkit-sessions", "git", "python", "python3"}):
            yield " ".join(code.split())


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of some lines of shell, without variables before it and redirections."""
    for line in text.replace("\\\n", " ").splitlines():
        words: list[str] = []
        parts = shlex.shlex(line, posix=True, punctuation_chars=True)
        parts.whitespace_split = True
        for part in [*parts, ";"]:
            if set(part) <= set("();<>|&"):
                if words:
                    yield words
                words = [">"] if part in {">", ">>", "<"} else []
            elif words or not re.fullmatch(r"\w+=.*", part):
                words.append(part)


def program(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return what a command runs, such as `git commit` or `python -m spec`, and the words after it.

    A script of ours that hands its arguments on counts as the program that gets them.
    """
    name, rest = words[0].removeprefix(".venv/bin/"), list(words[1:])
    if (ROOT / name).is_file() and (handed_on := re.search(r"-m (\w+.*) \"\$@\"", (ROOT / name).read_text("utf-8"))):
        name, rest = "python", ["-m", *handed_on[1].split(), *rest]
    if name in {"python", "python3"} and "-m" in rest:
        module, *rest = rest[rest.index("-m") + 1 :]
        name = {"chatkit_sessions": "chatkit-sessions", "pytest": "pytest", "pip": "pip"}.get(
            module, f"python -m {module}"
        )
    if name in {"git", "chatkit-sessions"} and rest and rest[0].islower() and not rest[0].startswith("-"):
        name, rest = f"{name} {rest[0]}", rest[1:]
    return name, rest


def helps(name: str) -> list[str]:
    """Return the commands whose output lists the options of a program, which exists."""
    first, _, rest = name.partition(" ")
    if first == "git":
        return [f"{name} -h"]
    if first == "chatkit-sessions":
        return [f"python -m chatkit_sessions {rest} --help"]
    if first in {"python", "python3"}:
        return [f"{name} --help"] if rest else []
    if (ROOT / first).is_file():
        assert os.access(ROOT / first, os.X_OK)
        return []
    assert name in {*HELPS, *ELSEWHERE}, f"there is no script {name}, or the program is not known here"
    return HELPS.get(name, [])


def output(command: str) -> str:
    """Return what a command prints as its help."""
    words = [sys.executable if word == "python" else word for word in command.split()]
    if not shutil.which(words[0], path=ENVIRONMENT["PATH"]):
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(words, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == (129 if words[0] == "git" else 0), done.stderr
    return (done.stdout + done.stderr).replace("[no-]", "")


SHELL: Final = [
    pytest.param(block, id=f"{page.name}:{number}") for page in PAGES for number, block in enumerate(blocks(page), 1)
]
USES: Final[dict[str, list[list[str]]]] = defaultdict(list)
for _page in PAGES:
    for _text in (*blocks(_page), *inline(_page)):
        for _words in commands(_text):
            if _words[0] != ">":
                _name, _rest = program(_words)
                USES[_name].append(_rest)


@pytest.mark.parametrize("block", SHELL)
def test_a_shell_reads_the_block(block: str) -> None:
    done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", sorted(USES))
def test_a_program_is_there_and_has_the_options_that_a_page_gives_it(name: str) -> None:
    found = helps(name)
    given = {word.partition("=")[0] for words in USES[name] for word in words if re.match(r"-+[a-z]", word)}
    if name not in ELSEWHERE and (given or found):
        text = "\n".join(map(output, found))
        clustered = {f"-{letter}" for option in given if re.fullmatch("-[a-zA-Z]{2,}", option) for letter in option[1:]}
        separate = {option for option in given if not re.fullmatch("-[a-zA-Z]{2,}", option)}
        wrong = [each for each in separate | clustered if not re.search(rf"(?<![\w-]){each}(?![\w-])", text)]
        assert sorted(wrong) == []


@pytest.mark.parametrize("words", [words for words in USES["pip"] if words[0] in {"install", "download"}], ids=" ".join)
def test_what_pip_is_to_install_is_there(words: list[str]) -> None:
    extras, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    rest = iter(words[1:])
    for word in rest:
        if word == "--group":
            assert next(rest) in groups
        elif word == "--constraint":
            assert (ROOT / next(rest)).exists()
        else:
            assert not word.startswith("-")
            wanted = Requirement(re.sub(r"^\.[./\w-]*(?=\[)", "chatkit-sessions", word))
            ours = wanted.name == "chatkit-sessions"
            assert ours or canonicalize_name(wanted.name) in LOCKED
            assert not ours or wanted.extras <= set(extras)


def run(block: str, folder: Path, emulator: Emulator) -> None:
    """Run a block in a folder, with the client's variables for an emulator."""
    variables = {**ENVIRONMENT, "OPENAI_BASE_URL": emulator.base_url, "OPENAI_API_KEY": emulator.api_key}
    command = ["bash", "-euo", "pipefail", "-c", block]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=variables, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "block",
    [each for each in blocks(ROOT / "docs" / "command-line.md") if re.search(r"sessions (create|cancel)\b", each)],
)
def test_the_commands_that_create_and_cancel_run(block: str, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("cksess_3\ncksess_4\n", "utf-8")
    with Emulator(seeds=[{"id": f"cksess_{number}", "user": "user_abc"} for number in range(1, 5)]) as emulator:
        run(f'{block}\n[[ "${{secret-ek_}}" == ek_* ]]', tmp_path, emulator)
        assert {status for _, status in emulator.counts} == {200}


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_requests_that_control_an_emulator_are_accepted(tmp_path: Path) -> None:
    [block] = [each for each in blocks(ROOT / "docs" / "testing-your-code.md") if each.startswith("curl ")]
    with Emulator() as emulator:
        address = emulator.base_url.removesuffix("/v1")
        run(block.replace("curl ", "curl --fail ").replace("http://127.0.0.1:8080", address), tmp_path, emulator)
        assert (emulator.clock.ahead, emulator.faults.pending) == (600, 2)
