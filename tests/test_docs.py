"""The documentation says what is true: settings, routes, commands and links."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from argus.api.endpoint import Endpoint
from argus.api.routes import ENDPOINTS
from argus.config import SETTINGS, Config
from argus.settings import Setting, read_env_file

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def uncommented_example(folder: Path) -> dict[str, str]:
    """What `.env.example` sets once every setting in it is uncommented."""
    text = (ROOT / ".env.example").read_text()
    path = folder / ".env"
    path.write_text(re.sub(r"^# ([A-Z_]+=.*)$", r"\1", text, flags=re.MULTILINE))
    return read_env_file(path)


def test_the_example_lists_every_setting_with_its_true_default(tmp_path: Path) -> None:
    assert uncommented_example(tmp_path) == {one.key: one.default for one in SETTINGS}


def test_the_example_taken_whole_is_the_default_configuration(tmp_path: Path) -> None:
    assert Config.load(uncommented_example(tmp_path), env_file=None) == Config()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.key)
def test_the_settings_page_has_each_setting_with_its_true_default(setting: Setting) -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    default = f"`{setting.default}`" if setting.default else "–"
    assert f"| `{setting.key}` | {default} | {setting.help} |\n" in page


def test_a_setting_is_said_to_have_an_effect_when_and_only_when_the_server_reads_it() -> None:
    read = set()
    for name in ("app.py", "cli.py"):
        for node in ast.walk(ast.parse((ROOT / "argus" / name).read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("config"):
                read.add(node.attr)
    assert {one.name for one in SETTINGS if one.works} == {one.name for one in SETTINGS} & read


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_the_api_page_has_each_route_with_its_parameters(endpoint: Endpoint) -> None:
    page = (ROOT / "docs/api.md").read_text()
    section = page.partition(f"## `{endpoint.method} {endpoint.path}`\n")[2].partition("\n## ")[0]
    assert endpoint.summary in section
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [
        param.name for param in endpoint.params
    ]


def test_what_is_generated_from_the_code_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_page_is_named(tmp_path: Path) -> None:
    for name in ("docs/generate.py", "docs/configuration.md", "docs/api.md", ".env.example"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text() + "\n# more\n" * (name[0] == "."))
    (tmp_path / "web").mkdir()
    done = subprocess.run(
        [sys.executable, tmp_path / "docs/generate.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        ".env.example is stale; run: make generate",
        "web/openapi.json is stale; run: make generate",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_shown_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"\bmake ([a-z]+)\b(?=`|\n| )", _code(page)):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command
    for script in re.findall(r"\b[\w.-]+/[\w./-]+\.(?:py|sh)\b", _code(page)):
        assert (ROOT / script).exists(), script


def _code(page: Path) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page.read_text(), re.DOTALL))
