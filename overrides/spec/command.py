"""The command line of `generate.sh`."""

import argparse
import re
import shlex
import sys
from pathlib import Path

from spec.changes import Change, compare
from spec.checks import check_integers, validate
from spec.document import Object, SpecError, as_object, printable
from spec.emit import to_yaml, write
from spec.folders import check_replaceable, difference, keep_foreign_files, scratch, swap, workplace
from spec.generate import classes, generate
from spec.inspection import inspect
from spec.load import load
from spec.overlay import Action
from spec.parse import parse
from spec.prose import undescribed
from spec.refresh import SESSIONS, overlay_digest, refresh, survey
from spec.report import as_json, as_markdown, exit_code
from spec.selftest import try_layer
from spec.trim import strip
from spec.wire import check_wire

_EPILOG = """\
exit codes:
  0   done; with --check: nothing differs; with --report-only: no change of shape
  1   failed, or --check found a difference; nothing was written
  2   wrong usage
  10  --report-only: changes of shape, none of which breaks callers
  11  --report-only: a change breaks callers
  12  a correction matches nothing any more, and has to be retired or aimed again; nothing was written

examples:
  ./generate.sh --upstream https://example.org/openapi.json
  ./generate.sh --upstream openapi.json --report-only --report changes.md
  ./generate.sh --upstream openapi.json --paths '^/chatkit/' --output ../service/chatkit_client

Without bash: cd overrides, then python -m spec with the same options.
"""


def run(arguments: list[str], root: Path) -> int:
    """Run the command and return its exit code.

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
    if options.corrections and not (options.upstream and options.output):
        parser.error("--corrections needs --upstream and --output: ours are in overrides/spec/corrections.yaml")
    if options.check and (options.report or options.report_only):
        parser.error("--check writes no report")
    try:
        return _Run(options, root).run()
    except SpecError as error:
        _say(str(error))
        return error.exit_code
    except RecursionError:
        _say("The document's references are nested too deeply.")
    except OSError as error:
        _say(f"{error.filename or 'The file system'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        _say("Interrupted; nothing was written.")
        return 130
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
        help="first make openapi.yaml of OpenAI's document, a path or an http(s) URL, and say what changed",
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
    add("--report-only", action="store_true", help="write nothing but the report, and exit with 0, 10, 11 or 12")
    add("--paths", metavar="REGEX", type=_regex, help=f"the operations to keep; {SESSIONS} unless given")
    add(
        "--corrections",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="with --output: an overlay to apply after ours; may be repeated",
    )
    add("--output", metavar="DIR", type=Path, help="write the package there, and leave openapi.yaml as it is")
    return parser


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a regular expression: {error}") from error
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty expression would keep every path; say '.' if that is meant")
    if not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} has characters that cannot be shown")
    return text


class _Run:
    def __init__(self, options: argparse.Namespace, root: Path) -> None:
        self._options = options
        self._root = root
        self._committed = root / "openapi.yaml"
        self._package: Path = Path.cwd() / options.output if options.output else root / "generated_client"
        self._paths: str = options.paths or SESSIONS

    def run(self) -> int:
        if self._options.output:
            check_replaceable(self._package, self._root)
        for place in (self._committed, self._package):
            if place.is_symlink():
                raise SpecError(f"{place} is a symbolic link, which a run would replace: put the real one there.")
        writes = not (self._options.check or self._options.report_only)
        with (workplace if writes else scratch)(self._package.parent) as made:
            return self._report_only() if self._options.report_only else self._generate(made)

    def _generate(self, made: Path) -> int:
        options = self._options
        old, document = self._documents()
        validate(document)
        check_integers(document)
        check_wire(document, self._paths)
        new = made / self._package.name
        inspect(new, document, generate(document, new, self._command()), self._paths)
        for place in [] if options.output else try_layer(document, new):
            _say(place)
        for name in keep_foreign_files(self._package, new) if options.output else ():
            _say(f"{self._package / name} was not written by this tool, and is kept.")
        # Other selections have no words of ours but those for the schemas they share with the sessions.
        for place in [] if options.paths else undescribed(document):
            _say(f"{place} has no description; overrides/spec/prose.yaml is the place for it.")
        if options.upstream and not options.output:
            write(made / self._committed.name, to_yaml(document))
        if options.check:
            changed = difference(made, self._package.parent)
            sys.stdout.write(changed)
            return 1 if changed else 0
        if options.upstream and old is not None:
            self._report(old, document, [])
        swap(made, self._package.parent)
        return 0

    def _documents(self) -> tuple[Object | None, Object]:
        """Return the document that the package in place was made from, if there is one, and the one to make it from."""
        options = self._options
        old = self._old()
        if not options.upstream:
            document = _read(self._committed)
            _check_overlay(document, strict=options.check)
            return old, document
        known = old.get("x-source") if old else None
        source = load(options.upstream)
        return old, refresh(
            source, self._paths, corrections=options.corrections, known=known if isinstance(known, dict) else None
        )

    def _old(self) -> Object | None:
        previous = self._package / "openapi.json" if self._options.output else self._committed
        return _read(previous) if previous.exists() else None

    def _report_only(self) -> int:
        old = self._old()
        if old is None:
            raise SpecError("There is no earlier document to compare with yet: run the same without --report-only.")
        source = load(self._options.upstream)
        new, unmatched = survey(source, self._paths, corrections=self._options.corrections)
        validate(new)
        return exit_code(self._report(old, new, unmatched), unmatched)

    def _report(self, old: Object, new: Object, unmatched: list[Action]) -> list[Change]:
        """Print the changes, and write them to the files asked for."""
        changes = compare(strip(old), strip(new))
        if self._options.output and (now := classes(new)):
            # Users of such a package import by these names, and nobody keeps them by hand as generator.yaml does.
            moved = sorted(classes(old) - now)
            changes += [Change("package", f"class {name} is no longer made", True, f"models.{name}") for name in moved]
        markdown = as_markdown(changes, unmatched, old, new)
        sys.stdout.write(markdown)
        for file in self._options.report:
            write(file, as_json(changes, unmatched, old, new) if file.suffix == ".json" else markdown)
        return changes

    def _command(self) -> str:
        """Return the command to make the package again, without what is true of this machine only."""
        options = self._options
        if not options.output:
            return "./generate.sh"
        upstream = " --upstream SOURCE" if options.upstream else ""
        paths = f" --paths {shlex.quote(options.paths)}" if options.paths else ""
        corrections = " --corrections FILE" * len(options.corrections)
        return f"./generate.sh{upstream}{paths}{corrections} --output DIR"


def _read(path: Path) -> Object:
    return as_object(parse(path.read_bytes(), path.name), path.name)


def _check_overlay(document: Object, *, strict: bool) -> None:
    """Notice that an overlay has changed since openapi.yaml was made."""
    origin = document.get("x-source")
    if isinstance(origin, dict) and origin.get("overlay-sha256") != overlay_digest():
        sentence = "An overlay has changed since openapi.yaml was made; ./generate.sh --upstream SOURCE applies it."
        if strict:
            raise SpecError(sentence)
        _say(sentence)


def _say(sentence: str) -> None:
    sys.stderr.write(f"generate.sh: {printable(sentence)}\n")
