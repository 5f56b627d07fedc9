"""What a filter asks of the resources of one segment, which are few."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select

from argus.query.tree import Attribute, Equals, Node, Test, leaves
from argus.storage.sql.engine import View
from argus.storage.sql.functions import attribute
from argus.storage.sql.packed import Prepared

_MAX_RESOURCES = 1000
_MAX_KEYS = 1000
_ATTRIBUTES = Prepared(select(View.resources.c.attributes).limit(_MAX_RESOURCES + 1))


class Resources:
    """The resources of a segment, as far as a filter asks about them."""

    def __init__(self, view: View, tree: Node) -> None:
        self._view = view
        asked = _asked(tree)
        keys = view.known("resource keys", lambda: _keys(view)) if asked else None
        self.keys = asked if keys is None else asked & keys
        """Of the attributes that are asked for, those that one of them may have."""

    @cached_property
    def all(self) -> Mapping[int, tuple[str, dict[str, Any]]]:
        """Service and attributes of each."""
        c = self._view.resources.c
        rows = self._view.rows(select(c.id, c.service_name, c.attributes))
        return {id_: (name, msgspec.json.decode(text)) for id_, name, text in rows}

    def services(self, condition: ColumnElement[bool], most: int) -> list[str] | None:
        """The services of those that meet a condition; None when there are more."""
        names = select(self._view.resources.c.service_name).where(condition).distinct()
        rows = self._view.rows(names.limit(most + 1))
        return None if len(rows) > most else [name for (name,) in rows]

    def services_with(self, key: str, condition: Equals, most: int) -> list[str] | None:
        """The services of those whose attribute meets a condition; None when there are more."""
        if self._view.calls_python:
            attributes = self._view.resources.c.attributes
            return self.services(attribute(attributes, key, condition) == 1, most)
        names = {
            service
            for service, attributes in self.all.values()
            if key in attributes and condition.holds(attributes[key])
        }
        return None if len(names) > most else sorted(names)


def _asked(tree: Node) -> frozenset[str]:
    targets = (leaf.target for leaf in leaves(tree) if isinstance(leaf, Test))
    places = (place for one in targets if isinstance(one, Attribute) for place in one.places)
    return frozenset(key for of, key in places if of == "resource")


def _keys(view: View) -> frozenset[str] | None:
    """The keys of all; None when those are too many to look through or to remember."""
    texts = view.rows(_ATTRIBUTES)
    if len(texts) > _MAX_RESOURCES:
        return None
    keys = frozenset(key for (text,) in texts for key in msgspec.json.decode(text))
    return keys if len(keys) <= _MAX_KEYS else None
