"""The page on reliability names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text()
ROWS = re.findall(r"^\| ([A-L]\d.*?) \| .*? \| (.*) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("id_", "held_by"), ROWS, ids=[id_ for id_, _ in ROWS])
def test_a_case_is_held_by_tests_that_exist(id_: str, held_by: str) -> None:
    source = ""
    for name in re.findall(r"`([\w/.]+)`", held_by):
        if name.startswith("tests/"):
            source = (ROOT / name).read_text()
        elif name.startswith("test_"):
            assert f"def {name}(" in source, name


def test_the_page_has_the_whole_catalogue() -> None:
    ids = {id_ for id_, _ in ROWS}
    assert {"C1", "C3", "D1", "D2", "E1", "E2", "A20", "B3", "B4", "H20", "H24"} <= ids
    for letter, last in (("A", 9), ("F", 8), ("G", 3), ("K", 3)):
        assert {f"{letter}{n}" for n in range(1, last + 1)} <= ids
