"""The check of arguments follows the document, also where no argument of today has what it may say."""

from collections.abc import Mapping
from typing import Any

import pytest
from chatkit_sessions._call.schema import validate

NAMES: Mapping[str, Any] = {"type": "array", "items": {"type": "string", "minLength": 2}}
TABLE: Mapping[str, Any] = {"type": "array", "items": NAMES}
ANY: Mapping[str, Any] = {"type": "array"}

ACCEPTED: list[tuple[object, Mapping[str, Any], object]] = [
    ([], NAMES, []),
    (["ab", "cde"], NAMES, ["ab", "cde"]),
    (("ab",), NAMES, ["ab"]),
    ([["ab"], []], TABLE, [["ab"], []]),
    ([1, None, "x"], ANY, [1, None, "x"]),
]


@pytest.mark.parametrize(("value", "schema", "sent"), ACCEPTED, ids=range(len(ACCEPTED)))
def test_a_list_is_taken_as_one_of_its_own(value: object, schema: Mapping[str, Any], sent: object) -> None:
    checked_value = validate(value, schema, "names")
    assert checked_value == sent
    assert checked_value is not value


REFUSED: list[tuple[object, Mapping[str, Any], type[Exception], str]] = [
    ("ab", NAMES, TypeError, "names: expected a list, got 'ab' (str)"),
    ({"ab"}, NAMES, TypeError, "names: expected a list, got {'ab'} (set)"),
    (["ab", 3], NAMES, TypeError, "names[1]: expected a str, got 3 (int)"),
    (["ab", "c"], NAMES, ValueError, "names[1]: expected a length of at least 2, got 1"),
    ([["ab"], ["ab", None]], TABLE, TypeError, "names[1][1]: None is not accepted; give a str"),
]


@pytest.mark.parametrize(("value", "schema", "error", "message"), REFUSED, ids=range(len(REFUSED)))
def test_a_list_is_refused_with_the_place_of_what_is_wrong(
    value: object, schema: Mapping[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        validate(value, schema, "names")
    assert str(caught.value) == message
