"""Attribute values: whatever form an encoder writes them in, one entry."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from argus.attributes import index_words, text_of_string
from argus.receivers.values import attributes


def _twice(raw: bytes) -> tuple[str, str, int]:
    """What the attributes are when they are met and when they are remembered."""
    first = attributes([raw])
    assert attributes([raw]) == first == attributes([raw])
    return first


@given(st.text(max_size=200).filter(lambda key: "\0" not in key), st.text(max_size=200))
def test_a_string_is_the_same_whatever_its_length(key: str, text: str) -> None:
    raw = KeyValue(key=key, value=AnyValue(string_value=text)).SerializeToString()
    fragment = f"{text_of_string(key)}:{text_of_string(text.replace(chr(0), chr(0xFFFD)))}"
    assert _twice(raw) == (f"{{{fragment}}}", index_words(fragment), 0)


_SCALARS = st.one_of(
    st.builds(AnyValue, int_value=st.integers(-(2**63), 2**63 - 1)),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, double_value=st.floats()),
)


@given(_SCALARS)
def test_a_scalar_is_indexed_under_its_own_word_alone(value: AnyValue) -> None:
    text, words, dropped = _twice(KeyValue(key="k", value=value).SerializeToString())
    assert (words, dropped) == (index_words(text[1:-1]), 0)


def test_fields_in_another_order_or_given_twice_are_read_as_protobuf_says() -> None:
    value, later = AnyValue(string_value="v"), AnyValue(string_value="w")
    tail = KeyValue(value=value).SerializeToString()
    key = KeyValue(key="k").SerializeToString()
    assert _twice(tail + key)[0] == '{"k":"v"}'
    assert _twice(key + tail + KeyValue(value=later).SerializeToString())[0] == '{"k":"w"}'
    assert _twice(KeyValue(key="j").SerializeToString() + key + tail)[0] == '{"k":"v"}'
