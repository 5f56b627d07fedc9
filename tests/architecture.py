"""The rules of the house, as functions from a source tree to its complaints.

A complaint is one line: where, and what is wrong. No complaints, no breach.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MODULE_LINES = 400
FUNCTION_LINES = 50
COMPONENT_LINES = 150

BOTTOM = {"errors", "model", "attributes", "tenancy", "telemetry", "query"}
PROTOCOLS = BOTTOM | {"pipeline", "storage"}

# Room of argus/ -> the rooms it may import. A room is a module or a package directly below argus/.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "interpreter": set(),
    "journal": set(),
    "attributes": {"errors"},
    "tenancy": {"errors", "model"},
    "telemetry": {"model"},
    "settings": {"errors"},
    "servers": {"errors"},
    "config": {"errors", "settings"},
    "query": {"errors", "model", "attributes"},
    "storage": BOTTOM,
    "pipeline": BOTTOM - {"query"} | {"storage"},
    "receivers": BOTTOM - {"query"} | {"pipeline"},
    "live": PROTOCOLS,
    "analysis": PROTOCOLS,
    "alerts": PROTOCOLS,
    "api": BOTTOM | {"storage", "live"},
}
# These see everything; the value is who may import them.
COMPOSITION = {
    "app": {"cli", "dead_letter_commands"},
    "client_commands": {"cli"},
    "dead_letter_commands": {"cli"},
    "upkeep_commands": {"cli"},
    "cli": {"__main__"},
    "__main__": set[str](),
}
# Package -> the rooms that may reach inside it; other rooms see its protocols, in its __init__.
INSIDE = {
    "storage": {"storage"},
    "pipeline": {"pipeline", "receivers", "app", "dead_letter_commands"},
}
# The module that opens storage: the way in for who composes, and the only one that sees SQL.
STORAGE_DOOR, SQL = "argus.storage.open", "argus.storage.sql"

# What a function may import because it is optional: drivers of other databases, the event loop
# that Windows does not have, the migration tool, which a start without migrations does without, and
# the client of a language model, which most never use.
LAZY = {
    "alembic",
    "asyncpg",
    "asyncmy",
    "aiomysql",
    "httpx2",
    "mssql_python",
    "openai",
    "psycopg",
    "pysqlite3",
    "uvloop",
}

BAD_STEM = re.compile(r"(utils?|helpers?|common|misc)|.*_v\d+", re.IGNORECASE)
COMPONENT = re.compile(r"(?:export )?(?:default )?(?:function|const|class) ([A-Z]\w*)\b")


@dataclass(frozen=True)
class Import:
    """One import statement's target, resolved to a module of ours where it is one."""

    target: str
    line: int
    in_function: bool


class Sources:
    """The Python modules below one package folder: name -> path, syntax tree and imports."""

    def __init__(self, package: Path) -> None:
        self.paths = {_module_name(path, package): path for path in sorted(package.rglob("*.py"))}
        self.trees = {name: ast.parse(path.read_text()) for name, path in self.paths.items()}
        self.package = package.name

    def imports(self, module: str) -> Iterator[Import]:
        """Every import in a module, hidden ones by `importlib` or `__import__` too."""
        is_package = self.paths[module].name == "__init__.py"
        for node, in_function in _walk(self.trees[module], False):
            for target in self._targets(node, module, is_package):
                yield Import(target, getattr(node, "lineno", 0), in_function)

    def _targets(self, node: ast.AST, module: str, is_package: bool) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                parts = module.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                source = ".".join([*parts, *([source] if source else [])])
            for alias in node.names:
                below = f"{source}.{alias.name}"
                yield below if below in self.paths else source
        elif isinstance(node, ast.Call) and _is_dynamic_import(node):
            named = node.args[0] if node.args else None
            yield str(named.value) if isinstance(named, ast.Constant) else "an unknown module"

    def ours(self, target: str) -> bool:
        """Whether a target is in this package."""
        return target.partition(".")[0] == self.package

    def room(self, module: str) -> str:
        """The part of the name right below the package, empty for the package itself."""
        return [*module.split("."), ""][1]


def _module_name(path: Path, package: Path) -> str:
    parts = [package.name, *path.relative_to(package).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _walk(node: ast.AST, in_function: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, in_function
    inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, inside)


def _is_dynamic_import(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    return name in ("import_module", "__import__")


def import_complaints(sources: Sources) -> Iterator[str]:
    """Imports from a room that may not be imported from there, and rooms nobody gave rules."""
    for module in sources.paths:
        room = sources.room(module)
        if room and room not in MAY_IMPORT.keys() | COMPOSITION.keys():
            yield f"{module}: a new room; give it its rules in tests/architecture.py"
            continue
        for one in sources.imports(module):
            target = sources.room(one.target)
            if not sources.ours(one.target) or target in ("", room):
                continue
            where = f"{module}, line {one.line}: "
            if target in COMPOSITION:
                if room not in COMPOSITION[target]:
                    yield f"{where}{room or 'argus'} may not import {target}"
            elif room not in COMPOSITION and target not in MAY_IMPORT.get(room, set()):
                yield f"{where}{room or 'argus'} may not import {target}"
            elif not _may_reach(room, target, one.target):
                yield f"{where}{room} may not reach inside {target}; use its protocols"
        yield from _sql_complaints(sources, module)


def _may_reach(room: str, target: str, module: str) -> bool:
    if module.count(".") == 1 or (module == STORAGE_DOOR and room in COMPOSITION):
        return True
    return room in INSIDE.get(target, {room})


def _sql_complaints(sources: Sources, module: str) -> Iterator[str]:
    if module.startswith("argus.storage") and not module.startswith((SQL, STORAGE_DOOR)):
        for one in sources.imports(module):
            if one.target.startswith(SQL):
                yield f"{module}, line {one.line}: only {STORAGE_DOOR} may import {SQL}"


def hidden_import_complaints(sources: Sources) -> Iterator[str]:
    """Imports inside functions that are not on the list of optional ones."""
    for module in sources.paths:
        for one in sources.imports(module):
            optional = one.target.partition(".")[0] in LAZY
            if one.in_function and not optional:
                yield f"{module}, line {one.line}: imports {one.target} inside a function"


def cycle_complaints(sources: Sources) -> Iterator[str]:
    """Modules that import each other, over however many steps; one complaint a cycle."""
    edges = {
        module: {one.target for one in sources.imports(module) if one.target in sources.paths}
        for module in sources.paths
    }
    done: set[str] = set()
    for module in edges:
        yield from _cycles(module, [], edges, done)


def _cycles(
    module: str, path: list[str], edges: Mapping[str, set[str]], done: set[str]
) -> Iterator[str]:
    if module in path:
        yield "a cycle: " + " -> ".join([*path[path.index(module) :], module])
    elif module not in done:
        for target in sorted(edges[module]):
            yield from _cycles(target, [*path, module], edges, done)
        done.add(module)


def python_complaints(path: Path) -> Iterator[str]:
    """What is wrong with one Python file by itself: size, functions' sizes, name, docstring."""
    content = path.read_text()
    tree = ast.parse(content)
    lines = len(content.splitlines())
    if lines > MODULE_LINES:
        yield f"{path}: {lines} lines, at most {MODULE_LINES}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            length = (node.end_lineno or node.lineno) - first + 1
            if length > FUNCTION_LINES:
                yield f"{path}: {node.name} has {length} lines, at most {FUNCTION_LINES}"
    if content.strip() and not ast.get_docstring(tree):
        yield f"{path}: does not open with a sentence that says what it owns"
    yield from name_complaints(path)


def name_complaints(path: Path) -> Iterator[str]:
    """A file whose name says nothing about what is in it."""
    if BAD_STEM.fullmatch(path.name.partition(".")[0]):
        yield f"{path}: the name says nothing; name what it owns"


def web_complaints(path: Path) -> Iterator[str]:
    """What is wrong with one TypeScript file: size, components' sizes, name.

    A component is a declaration at the left margin whose name starts with a capital; it ends
    with the next closing bracket there.
    """
    lines = path.read_text().splitlines()
    if len(lines) > MODULE_LINES:
        yield f"{path}: {len(lines)} lines, at most {MODULE_LINES}"
    if path.suffix == ".tsx":
        for number, line in enumerate(lines):
            match = COMPONENT.match(line)
            length = _length(lines[number:]) if match else 0
            if match and length > COMPONENT_LINES:
                yield f"{path}: {match[1]} has {length} lines, at most {COMPONENT_LINES}"
    yield from name_complaints(path)


def _length(lines: list[str]) -> int:
    if lines[0].rstrip().endswith((";", "}")):
        return 1
    closing = (
        number for number, line in enumerate(lines[1:], 2) if line[:1] in ("}", ")", "]", "`")
    )
    # A signature that is broken over lines closes with `) {` or `}: Props) {` at the margin too.
    return next((n for n in closing if not lines[n - 1].rstrip().endswith("{")), len(lines))


def secret_complaints(path: Path, checkout: Path) -> Iterator[str]:
    """Download hosts of package registries, and paths of the machine the file was written on.

    The patterns are in pieces so that this file does not hold what it looks for.
    """
    content = path.read_bytes()
    if b"\0" in content:
        return
    hosts = ["py" + "pi.org", "python" + "hosted", "registry." + "npm", "npm" + "mirror",
             "registry." + "yarn", "static." + "crates", "crates" + ".io", "proxy." + "golang",
             "deb." + "debian", "repo1." + "maven"]  # fmt: skip
    machine = [
        str(checkout) + "/",
        "/" + "root/",
        "/" + r"home/\w+/",
        "/" + "Users/",
        "/" + "work/",
    ]
    pattern = "|".join(map(re.escape, hosts)) + "|" + re.escape(machine[0]) + "|"
    pattern += r"(?<![\w.$})-])(?:" + "|".join(machine[1:]) + ")"
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        match = re.search(pattern, line)
        if match:
            yield f"{path}, line {number}: names {match[0]}"
