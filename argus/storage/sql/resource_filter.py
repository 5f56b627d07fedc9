"""What a filter asks of the resources of one segment, which are few."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select

from argus.query.tree import Attribute, Equals, Node, Test, leaves
from argus.storage.sql.engine import View
from argus.storage.sql.functions import attribute

_MAX_RESOURCES = 1000


class Resources:
    """The resources of a segment, as far as a filter asks about them."""

    def __init__(self, view: View, tree: Node) -> None:
        self._view = view
        self._keys = _keys(view) if _asks_resources(tree) else frozenset()

    def may_have(self, key: str) -> bool:
        """Whether one of them may have an attribute."""
        return self._keys is None or key in self._keys

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


def _asks_resources(tree: Node) -> bool:
    return any(
        isinstance(leaf, Test)
        and isinstance(leaf.target, Attribute)
        and any(of == "resource" for of, _ in leaf.target.places)
        for leaf in leaves(tree)
    )


def _keys(view: View) -> frozenset[str] | None:
    """The keys of all; None when those are too many to look through."""
    texts = view.rows(select(view.resources.c.attributes).limit(_MAX_RESOURCES + 1))
    if len(texts) > _MAX_RESOURCES:
        return None
    return frozenset(key for (text,) in texts for key in msgspec.json.decode(text))
