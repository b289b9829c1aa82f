"""What the page "Getting started" tells a newcomer to write and to run."""

import re
import shlex
import sys
from pathlib import Path
from typing import Final

_PAGE: Final = (Path(__file__).parents[2] / "docs" / "getting-started.md").read_text("utf-8")
_SECTIONS: Final = re.split(r"^#{2,3} (.+)$", _PAGE, flags=re.MULTILINE)
_BIN: Final = Path(sys.executable).parent


def _files(text: str) -> dict[str, str]:
    return dict(re.findall(r'^```\w+ title="(.+?)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL))


class Way:
    """The way of one framework.

    Attributes:
        files: The files to write, by path.
        prepare: The commands to run before.
        serve: The command that runs the service on port 8000.
    """

    def __init__(self, title: str, text: str) -> None:
        self.framework = title
        self.files = {**_SHARED, **_files(text)}
        blocks: list[str] = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
        *self.prepare, self.serve = [
            [str(_BIN / Path(program).name), *arguments]
            for program, *arguments in commands
            if program != "export" and not program.endswith("/pip")
        ]

    def write(self, folder: Path) -> None:
        """Write the files into a folder, over what is there."""
        for name, text in self.files.items():
            (folder / name).write_text(text, "utf-8")


_TEXTS: Final = dict(zip(_SECTIONS[1::2], _SECTIONS[2::2], strict=True))
_SHARED: Final = {
    name: text
    for title, section in _TEXTS.items()
    if not title.startswith("With ")
    for name, text in _files(section).items()
}
WAYS: Final = [Way(title.removeprefix("With "), text) for title, text in _TEXTS.items() if title.startswith("With ")]
