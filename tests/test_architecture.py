"""The source tree keeps the rules of the house, and each rule is able to find a breach."""

import subprocess
from pathlib import Path

import pytest

from tests.architecture import (
    COMPONENT_LINES,
    FUNCTION_LINES,
    MODULE_LINES,
    Sources,
    cycle_complaints,
    hidden_import_complaints,
    import_complaints,
    name_complaints,
    python_complaints,
    secret_complaints,
    web_complaints,
)

ROOT = Path(__file__).parent.parent
GENERATED = {ROOT / "web/src/api/schema.ts"}


def tracked(*patterns: str) -> list[Path]:
    """Files that are committed or about to be: what is in the index."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="module")
def argus() -> Sources:
    return Sources(ROOT / "argus")


def test_each_room_imports_only_what_it_may(argus: Sources) -> None:
    assert list(import_complaints(argus)) == []


def test_no_import_hides_in_a_function(argus: Sources) -> None:
    assert list(hidden_import_complaints(argus)) == []


def test_no_modules_import_each_other(argus: Sources) -> None:
    assert list(cycle_complaints(argus)) == []


def test_python_files_are_small_named_and_introduced() -> None:
    files = tracked("*.py")
    assert len(files) > 20
    assert [line for path in files for line in python_complaints(path)] == []


def test_web_files_are_small_and_named() -> None:
    files = [path for path in tracked("web/*.ts", "web/*.tsx") if path not in GENERATED]
    assert [line for path in files for line in web_complaints(path)] == []


def test_no_file_names_a_download_host_or_a_path_of_a_machine() -> None:
    files = tracked()
    assert len(files) > 20
    assert [line for path in files for line in secret_complaints(path, ROOT)] == []


def tree(folder: Path, **modules: str) -> Sources:
    """A package named argus with the given modules; `___` in a name separates packages."""
    package = folder / "argus"
    for name, content in {"__init__": "", **modules}.items():
        path = package / f"{name.replace('___', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.relative_to(package).parents:
            (package / parent / "__init__.py").touch()
        path.write_text(content)
    return Sources(package)


@pytest.mark.parametrize(
    ("module", "content"),
    [
        ("api___traces", "from argus.receivers import otlp"),
        ("api___traces", "from argus.pipeline import Consumer"),
        ("api___traces", "from ..receivers import otlp"),
        ("receivers___otlp", "import argus.storage"),
        ("live___hub", "from argus.analysis import analyzer"),
        ("live___hub", "from argus.pipeline.pipeline import Pipeline"),
        ("api___logs", "from argus.storage.sql import engine"),
        ("api___logs", "from argus.storage.open import open_storage"),
        ("app", "from argus.storage.sql import engine"),
        ("storage___memory", "from argus.storage.sql import engine"),
        ("pipeline___pipeline", "from argus.config import Config"),
        ("model", "from argus.errors import InvalidInput"),
        ("storage___sql___engine", "from argus.app import serve"),
        ("receivers___otlp", "if True:\n    from argus.storage import Writer"),
        ("receivers___otlp", "def f():\n    __import__('argus.storage')"),
        ("helpers", ""),
        ("__init__", "from argus.model import Span"),
    ],
)
def test_a_forbidden_import_or_a_new_room_is_found(
    tmp_path: Path, module: str, content: str
) -> None:
    inner = {"pipeline___pipeline": "", "storage___sql___engine": "", "receivers___otlp": ""}
    assert len(list(import_complaints(tree(tmp_path, **(inner | {module: content}))))) == 1


def test_allowed_imports_are_no_breach(tmp_path: Path) -> None:
    sources = tree(
        tmp_path,
        app="from argus.storage.open import open_storage\nfrom argus.pipeline import pipeline",
        cli="from argus.app import serve\nfrom argus import __version__",
        api___traces="import json\nfrom argus.storage import Reader\nfrom . import params",
        api___params="",
        live___hub="from argus.pipeline import Exporter",
        pipeline___pipeline="from argus.storage import Writer",
        storage___open="from argus.storage.sql import engine",
        storage___sql___engine="from argus.storage import Writer",
    )
    assert list(import_complaints(sources)) == []


@pytest.mark.parametrize(
    "content",
    [
        "def f():\n    import json",
        "class A:\n    async def f(self):\n        if self:\n            from argus import model",
        "import importlib\ndef f():\n    importlib.import_module('json')",
    ],
)
def test_an_import_inside_a_function_is_found(tmp_path: Path, content: str) -> None:
    assert len(list(hidden_import_complaints(tree(tmp_path, app=content)))) == 1


def test_an_optional_driver_may_be_imported_inside_a_function(tmp_path: Path) -> None:
    sources = tree(
        tmp_path,
        storage___sql___engine="def f():\n    import asyncpg\n    from alembic import command",
    )
    assert list(hidden_import_complaints(sources)) == []


def test_a_cycle_is_found_once(tmp_path: Path) -> None:
    sources = tree(
        tmp_path,
        a="from argus.b import x",
        b="from argus import c",
        c="def f():\n    import argus.a",
        d="from argus import a",
    )
    assert list(cycle_complaints(sources)) == ["a cycle: argus.a -> argus.b -> argus.c -> argus.a"]


INTRODUCED = '"""What it owns."""\n'


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("long.py", INTRODUCED + "\n" * MODULE_LINES, f"{MODULE_LINES + 1} lines"),
        (
            "long.py",
            INTRODUCED + "@f\nasync def g():\n" + "    x = 1\n" * (FUNCTION_LINES - 1),
            f"g has {FUNCTION_LINES + 1} lines",
        ),
        ("bare.py", "x = 1\n", "does not open with a sentence"),
        ("utils.py", INTRODUCED, "the name says nothing"),
        ("Helper.py", INTRODUCED, "the name says nothing"),
        ("writer_v2.py", INTRODUCED, "the name says nothing"),
    ],
)
def test_a_python_file_over_its_bounds_is_found(
    tmp_path: Path, name: str, content: str, complaint: str
) -> None:
    (tmp_path / name).write_text(content)
    (found,) = python_complaints(tmp_path / name)
    assert complaint in found


def test_a_python_file_at_its_bounds_is_no_breach(tmp_path: Path) -> None:
    function = "def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)
    path = tmp_path / "fine.py"
    path.write_text(INTRODUCED + function + "\n" * (MODULE_LINES - FUNCTION_LINES - 1))
    assert list(python_complaints(path)) == []


def component(lines: int) -> str:
    body = "  x();\n" * (lines - 5)
    return f"export function Page({{\n  a,\n}}: Props) {{\n{body}  }}\n}}\n\nconst other = 1;\n"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("Page.tsx", component(COMPONENT_LINES + 1), f"Page has {COMPONENT_LINES + 1} lines"),
        ("tree.ts", "x();\n" * (MODULE_LINES + 1), f"{MODULE_LINES + 1} lines"),
        ("helpers.tsx", "", "the name says nothing"),
    ],
)
def test_a_web_file_over_its_bounds_is_found(
    tmp_path: Path, name: str, content: str, complaint: str
) -> None:
    (tmp_path / name).write_text(content)
    (found,) = web_complaints(tmp_path / name)
    assert complaint in found


def test_a_component_at_its_bound_is_no_breach(tmp_path: Path) -> None:
    path = tmp_path / "Page.tsx"
    path.write_text(component(COMPONENT_LINES) + component(COMPONENT_LINES))
    assert list(web_complaints(path)) == []


@pytest.mark.parametrize(
    "content",
    ["url https://" + "py" + "pi.org/simple", "see /" + "root/x", '"/' + 'home/ann/data"',
     "https://registry." + "npmjs.org/a", "cd /" + "work/argus"],
)  # fmt: skip
def test_a_download_host_or_a_path_of_a_machine_is_found(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.md"
    path.write_text("first\n" + content)
    assert len(list(secret_complaints(path, ROOT))) == 1
    path.write_text(f"see {ROOT}/argus")
    assert len(list(secret_complaints(path, ROOT))) == 1


@pytest.mark.parametrize(
    "content", ["https://www.python.org", "$HOME/root/x", "../root/x", "Users of /api/logs"]
)
def test_ordinary_text_is_no_breach(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.md"
    path.write_text(content)
    assert list(secret_complaints(path, ROOT)) == []


def test_a_name_that_says_something_is_no_breach() -> None:
    assert list(name_complaints(Path("common_table.py"))) == []
