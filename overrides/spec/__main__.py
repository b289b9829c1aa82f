"""The command line of `generate.sh`."""

import argparse
import sys
import tempfile
from pathlib import Path

from spec.document import Object, SpecError, obj
from spec.emit import to_yaml
from spec.generate import difference, generate, swap
from spec.load import load, parse
from spec.prose import undescribed
from spec.refresh import SESSIONS, overlay_digest, refresh, validate

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "openapi.yaml"
PACKAGE = ROOT / "generated_client"


def main() -> int:
    """Runs the command and returns its exit code."""
    options = _parser().parse_args()
    try:
        return _run(options)
    except SpecError as error:
        print(f"generate.sh: {error}", file=sys.stderr)
    except OSError as error:
        print(f"generate.sh: {error.filename or 'The file system'}: {error.strerror}.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="generate.sh",
        description="Generates generated_client/ from openapi.yaml. A failure leaves everything as it was.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--upstream",
        metavar="SOURCE",
        help="first make openapi.yaml anew from OpenAI's document: a path or an http(s) URL, JSON or YAML",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; print what would change, and exit with 1 if anything would"
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    document = refresh(load(options.upstream), SESSIONS) if options.upstream else _committed()
    validate(document)
    for place in undescribed(document):
        print(
            f"generate.sh: {place} has no description; overrides/spec/prose.yaml is the place for it.", file=sys.stderr
        )
    with tempfile.TemporaryDirectory(prefix="chatkit-sessions-") as temporary:
        new = Path(temporary, PACKAGE.name)
        generate(document, new, "./generate.sh from openapi.yaml")
        if options.check:
            return _check(document, new)
        swap(new, PACKAGE)
    if options.upstream:
        _write(DOCUMENT, to_yaml(document))
    return 0


def _committed() -> Object:
    return obj(parse(DOCUMENT.read_bytes(), DOCUMENT.name), DOCUMENT.name)


def _check(document: Object, new: Path) -> int:
    origin = document.get("x-source")
    if isinstance(origin, dict) and origin.get("overlay-sha256") != overlay_digest():
        raise SpecError("An overlay has changed since openapi.yaml was made: run ./generate.sh --upstream SOURCE.")
    diff = difference(PACKAGE, new)
    sys.stdout.write(diff)
    return 1 if diff else 0


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(main())
