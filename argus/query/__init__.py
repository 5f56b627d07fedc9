"""The filter language: text -> syntax tree -> what storage, live tail and alerts evaluate.

What it means is in `docs/query.md`; the parts of a tree are in `argus.query.tree`.
"""

from argus.query.fields import FilterSignal
from argus.query.matcher import matcher
from argus.query.parser import Expectation, expectation_at, parse
from argus.query.render import render
from argus.query.tree import Node

__all__ = ["Expectation", "FilterSignal", "Node", "expectation_at", "matcher", "parse", "render"]
