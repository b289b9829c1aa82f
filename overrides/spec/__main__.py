"""The command line of `generate.sh`."""

import argparse
import re
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from spec.changes import Change, compare
from spec.checks import check_integers, validate
from spec.document import Object, SpecError, as_object
from spec.emit import to_yaml
from spec.folders import check_replaceable, difference, swap
from spec.generate import generate
from spec.load import load
from spec.overlay import Action
from spec.parse import parse
from spec.prose import undescribed
from spec.refresh import SESSIONS, overlay_digest, refresh, survey
from spec.report import as_json, as_markdown, exit_code
from spec.trim import strip

ROOT = Path(__file__).parents[2]
SECONDS = 50

_EPILOG = """\
exit codes:
  0   done; with --check: nothing differs; with --report-only: no change of shape
  1   failed, or --check found a difference; nothing was written
  2   wrong usage
  10  --report-only: changes of shape, none of which breaks callers
  11  --report-only: a change breaks callers

examples:
  ./generate.sh --upstream https://example.org/openapi.json
  ./generate.sh --upstream openapi.json --report-only --report changes.md
  ./generate.sh --upstream openapi.json --paths '^/chatkit/' --output ../service/chatkit_client
"""


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Runs the command and returns its exit code.

    Args:
        arguments: The command line.
        root: The folder of openapi.yaml and generated_client/.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.upstream and (options.report or options.report_only or options.paths):
        parser.error("--report, --report-only and --paths need --upstream")
    if options.paths and not options.output:
        parser.error("--paths needs --output: generated_client/ is for the sessions")
    if options.check and (options.report or options.report_only):
        parser.error("--check writes no report")
    try:
        return _run(options, root)
    except SpecError as error:
        _say(str(error))
    except RecursionError:
        _say("The document's references are nested beyond all measure.")
    except OSError as error:
        _say(f"{error.filename or 'The file system'}: {error.strerror or error}.")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="generate.sh",
        description="Generates generated_client/ from openapi.yaml. A failure leaves everything as it was.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--upstream",
        metavar="SOURCE",
        help="first make openapi.yaml anew from OpenAI's document, a path or an http(s) URL, and say what changed",
    )
    add("--check", action="store_true", help="write nothing, show what a run would change, and fail if it would")
    add(
        "--report",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="also write what changed to FILE, as JSON if its name ends so, else as Markdown; may be repeated",
    )
    add("--report-only", action="store_true", help="write nothing but the report, and exit with 0, 10 or 11")
    add("--paths", metavar="REGEX", type=_regex, help=f"the operations to keep; {SESSIONS} unless given")
    add("--output", metavar="DIR", type=Path, help="write the package there, and leave openapi.yaml as it is")
    return parser


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
    if not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} has characters that cannot be shown")
    return text


def _run(options: argparse.Namespace, root: Path) -> int:
    committed = root / "openapi.yaml"
    package = options.output.absolute() if options.output else root / "generated_client"
    previous = package / "openapi.json" if options.output else committed
    old = _read(previous) if previous.exists() else None
    if options.report_only:
        return _report_only(options, old)
    if options.upstream:
        document = refresh(load(options.upstream), options.paths or SESSIONS)
    else:
        document = _read(committed)
        _check_overlay(document, strict=options.check)
    if options.output:
        check_replaceable(package)
    validate(document)
    check_integers(document)
    with tempfile.TemporaryDirectory(prefix="chatkit-sessions-") as temporary:
        made = Path(temporary)
        generate(document, made / package.name, _command(options))
        # Other selections have no words of ours but those for the schemas they share with the sessions.
        for place in [] if options.paths else undescribed(document):
            _say(f"{place} has no description; overrides/spec/prose.yaml is the place for it.")
        if options.upstream and not options.output:
            (made / committed.name).write_text(to_yaml(document), encoding="utf-8")
        if options.check:
            changed = difference(made, package.parent)
            sys.stdout.write(changed)
            return 1 if changed else 0
        if options.upstream and old is not None:
            _report(options, old, document, [])
        swap(made, package.parent)
    return 0


def _read(path: Path) -> Object:
    return as_object(parse(path.read_bytes(), path.name), path.name)


def _check_overlay(document: Object, *, strict: bool) -> None:
    """Notices that an overlay has changed since openapi.yaml was made."""
    origin = document.get("x-source")
    if isinstance(origin, dict) and origin.get("overlay-sha256") != overlay_digest():
        sentence = "An overlay has changed since openapi.yaml was made; ./generate.sh --upstream SOURCE applies it."
        if strict:
            raise SpecError(sentence)
        _say(sentence)


def _command(options: argparse.Namespace) -> str:
    """Returns what a reader of the generated code has to run, without what only holds on this machine."""
    if not options.output:
        return "./generate.sh"
    upstream = " --upstream SOURCE" if options.upstream else ""
    paths = f" --paths {shlex.quote(options.paths)}" if options.paths else ""
    return f"./generate.sh{upstream}{paths} --output DIR"


def _report_only(options: argparse.Namespace, old: Object | None) -> int:
    if old is None:
        raise SpecError("There is no earlier document to compare with yet: run the same without --report-only.")
    new, unmatched = survey(load(options.upstream), options.paths or SESSIONS)
    validate(new)
    return exit_code(_report(options, old, new, unmatched))


def _report(options: argparse.Namespace, old: Object, new: Object, unmatched: list[Action]) -> list[Change]:
    """Prints the changes, and writes them to the files asked for."""
    changes = compare(strip(old), strip(new))
    markdown = as_markdown(changes, unmatched, old, new)
    sys.stdout.write(markdown)
    for file in options.report:
        text = as_json(changes, unmatched, old, new) if file.suffix == ".json" else markdown
        file.write_text(text, encoding="utf-8")
    return changes


def _say(sentence: str) -> None:
    sys.stderr.write(f"generate.sh: {sentence}\n")


def _give_up(*_: object) -> None:
    raise SpecError(
        f"Stopped after {SECONDS} seconds, in which OpenAI's document is read and generated from ten times."
    )


if __name__ == "__main__":
    # The libraries that check a document can be kept busy for ever by a hostile one.
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(SECONDS)
    sys.exit(main(sys.argv[1:]))
