"""What the SDK clients send, and what must be read back of it field by field."""

from typing import Any

ATTRIBUTES: dict[str, Any] = {
    "string": 'quotes " and \u00e9 and \U0001f600',
    "int": 9007199254740993,
    "small": -3,
    "double": 3.0,
    "bool": True,
    "strings": ["a", "b"],
    "ints": [1, 2],
    "doubles": [0.5, 2.0],
    "bools": [True, False],
}


def typed(value: Any) -> dict[str, Any]:
    """OTLP/JSON AnyValue of a Python value."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [typed(item) for item in value]}}
    return {"stringValue": value}


def typed_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """The same for attributes, by key."""
    return {key: typed(value) for key, value in attributes.items()}


def by_key(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """KeyValues of an answer, by key."""
    return {pair["key"]: pair["value"] for pair in pairs}
