"""The text form of attribute values."""

import json

from hypothesis import given
from hypothesis import strategies as st

from argus.attributes import text_of_string

_ANY = st.characters(exclude_categories=())


@given(st.text(_ANY, max_size=400))
def test_a_string_of_any_length_is_the_same_text_as_json_makes(text: str) -> None:
    assert text_of_string(text) == json.dumps(text, ensure_ascii=False)


def test_a_long_string_may_hold_a_lone_surrogate_and_control_characters() -> None:
    text = '\ud800\x00\x1f"\\é\x7f\u2028' * 50
    assert text_of_string(text) == json.dumps(text, ensure_ascii=False)
