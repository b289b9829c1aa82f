"""What is read from JSON and YAML, and what is refused before it can do harm."""

import json
from typing import Any

import pytest
import yaml
from spec.document import SpecError
from spec.emit import to_yaml
from spec.parse import MAX_BYTES, parse

# What readers of YAML 1.1 or 1.2 would make a date, number, boolean or null of.
TEXTS = [
    *("2024-10-01", "2024-10-01T10:00:00Z", "12:30:00", "yes", "No", "on", "off", "y", "N", "true", "null", "~", ""),
    *("1", "1.0", "1e3", "012", "0o17", "0x1F", "1_000", "+1", "-1", ".5", ".inf", ".NaN", "=", "<<", "- a", "a: b"),
    *(
        "# a",
        "a\nb",
        " a ",
        "'",
        '"',
        "{a}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "Größe",
        "a" * 300,
        "a b " * 100,
    ),
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_a_text_in_yaml(text: str) -> None:
    written = to_yaml({"value": text, text: "key", "list": [text]})
    expected = {"value": text, text: "key", "list": [text]}
    assert parse(written.encode(), "it") == expected
    assert yaml.safe_load(written) == expected


@pytest.mark.parametrize("text", ["2024-10-01", "yes", "on", "012", "1_000", "0x1F", "12:30:00", "1e3", "y"])
def test_a_plain_yaml_value_is_read_as_yaml_1_2_does(text: str) -> None:
    assert parse(f"value: {text}".encode(), "it") == {"value": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1", 1), ("-7", -7), ("1.5", 1.5), ("1.0e+3", 1000.0), ("true", True), ("False", False), ("null", None)),
        *(("", None), ("~", None), ("'1'", "1"), ("[1, a]", [1, "a"]), ("{200: a}", {"200": "a"})),
    ],
)
def test_yaml_has_the_types_of_json(text: str, value: Any) -> None:
    assert parse(f"value: {text}".encode(), "it") == {"value": value}


def test_a_few_aliases_are_fine() -> None:
    assert parse(b"a: &a {x: [1]}\nb: *a\nc: {<<: *a, y: 2}", "it") == {
        "a": {"x": [1]},
        "b": {"x": [1]},
        "c": {"x": [1], "y": 2},
    }


def test_json_with_a_byte_order_mark_is_read() -> None:
    assert parse(b'\xef\xbb\xbf {"a": 1}', "it") == {"a": 1}


BOMB = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(12))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"x" * (MAX_BYTES + 1), "larger than 16 MiB"),
        (bytes(range(256)), "neither JSON nor YAML"),
        (b"<html><body>Not: [found</body></html>", "neither JSON nor YAML"),
        (b'{"a": 1', "neither JSON nor YAML"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "neither JSON nor YAML"),
        (b"a: !!python/object/apply:os.system [true]", "neither JSON nor YAML"),
        (b"a: !!set {x}", "not a value that JSON has"),
        (b"{true: 1}".replace(b"{", b"? ", 1).replace(b"}", b""), "neither JSON nor YAML"),
        (b"[1]: 1".replace(b"[", b"? [", 1).replace(b"]:", b"]\n:"), "neither JSON nor YAML"),
        (b"a: *nowhere", "the alias"),
        (b"a: &a [*a]", "the alias"),
        (BOMB.encode(), "nested or repeated too much"),
        (
            BOMB.replace("[", "{<<: [").replace("]", "]}").replace("[x]", "{x: 1}").encode(),
            "nested or repeated|neither",
        ),
        (b"a: &a " + b"x" * 100_000 + b"\nb: [" + b"*a, " * 100_000 + b"]", "nested or repeated too much"),
        (b"a: " + b"[" * 100_000, "nested or repeated too much|maximum nesting depth"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested or repeated too much"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested or repeated too much"),
        (json.dumps([[]] * 500_000).encode(), "nested or repeated too much"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_what_is_no_honest_document_is_refused_in_one_sentence(data: bytes, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint) as caught:
        parse(data, "it")
    assert str(caught.value).startswith("it ")
    assert "\n" not in str(caught.value)
