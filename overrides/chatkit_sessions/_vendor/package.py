"""What a copy consists of."""

from collections.abc import Sequence
from typing import Final

from chatkit_sessions import __version__

from .manifest import BILL, MANIFEST, Contents, bill_of_materials, manifest
from .parts import core_files, files_below, part_files
from .project import PACKAGE, Project, find_project
from .seam import SEAM, check_relative, made_relative

# Git must not change line ends in a copy, which would change digests.
_GIT_ATTRIBUTES: Final = b"* -text\n"


def render(parts: Sequence[str] = (), project: Project | None = None) -> dict[str, bytes]:
    """Return the files of a copy by their paths: the same bytes from every installation of one version.

    Args:
        parts: The optional parts that it has, such as `web.fastapi`.
        project: What it is made from; looked for if not given.

    Raises:
        VendorError: Something is missing here, or cannot be copied.
    """
    project = project or find_project()
    sources = core_files(PACKAGE)
    sources |= {f"generated_client/{path}": file for path, file in files_below(project.generated).items()}
    requirements = set(project.requirements)
    for part in parts:
        sources |= part_files(PACKAGE, part)
        requirements.update(project.extras.get(part.partition(".")[0], ()))

    files = {path: file.read_bytes() for path, file in sources.items()}
    files[SEAM] = made_relative(files[SEAM])
    for path, content in files.items():
        if path.endswith(".py"):
            check_relative(path, content)
    contents = Contents(__version__, project.license, project.python, sorted(requirements), sorted(parts))
    files |= {
        ".gitattributes": _GIT_ATTRIBUTES,
        "LICENSE": project.license_text,
        BILL: bill_of_materials(contents),
    }
    return {**dict(sorted(files.items())), MANIFEST: manifest(contents, files)}
