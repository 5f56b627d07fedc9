"""What log lines promise: the specification's form, one line an event, nothing forged."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from argus.journal import Json, Text


def record(message: str, *args: object, name: str = "argus.app", **extra: Any) -> logging.LogRecord:
    made = logging.getLogger(name).makeRecord(
        name, logging.INFO, "f", 1, message, args, None, extra=extra
    )
    made.created = 1736937045.1239
    return made


def text(message: str, *args: object, **extra: Any) -> str:
    return Text().format(record(message, *args, **extra))


def test_text_is_the_form_of_the_specification() -> None:
    assert text("Starting Argus", env="development", port=8080) == (
        'time=2025-01-15T10:30:45.123Z level=INFO msg="Starting Argus" env=development port=8080'
    )


def test_a_message_takes_its_arguments_and_keeps_them_when_they_do_not_fit() -> None:
    assert 'msg="12 spans"' in text("%d spans", 12)
    assert 'msg="%d spans"' in text("%d spans", "twelve")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("with blank", '"with blank"'),
        ("", '""'),
        ('a"b=c', '"a\\"b=c"'),
        ("back\\slash", '"back\\\\slash"'),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ({"a": [1, 2]}, '"{\\"a\\": [1, 2]}"'),
        ("日本", "日本"),
    ],
)
def test_values_are_quoted_only_where_they_must(value: object, written: str) -> None:
    assert text("m", key=value).endswith(f" key={written}")


@pytest.mark.parametrize(
    "evil", ["a\nlevel=ERROR msg=forged", "a\r\nb", "\x1b[2J", "\x85", "\u2028", "\u202e", "\ud800"]
)
@pytest.mark.parametrize("formatter", [Text(), Json()])
def test_no_value_can_break_a_line_or_steer_a_terminal(
    evil: str, formatter: logging.Formatter
) -> None:
    for line in (formatter.format(record(evil)), formatter.format(record("m", key=evil))):
        assert line.isprintable()
        line.encode()


def test_json_holds_the_same_pairs() -> None:
    line = Json().format(record("Starting", env="development", ratio=float("nan"), n=3))
    assert json.loads(line) == {
        "time": "2025-01-15T10:30:45.123Z",
        "level": "INFO",
        "msg": "Starting",
        "env": "development",
        "ratio": "nan",
        "n": 3,
    }


@pytest.mark.parametrize(
    ("number", "name"), [(10, "DEBUG"), (20, "INFO"), (30, "WARN"), (40, "ERROR"), (50, "ERROR")]
)
def test_levels_are_the_four_of_the_specification(number: int, name: str) -> None:
    made = record("m")
    made.levelno = number
    assert f" level={name} " in Text().format(made)


def test_an_exception_stays_on_the_line_of_its_event() -> None:
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        made = record("m")
        made.exc_info = sys.exc_info()
    line = Text().format(made)
    assert line.isprintable()
    assert 'error="RuntimeError: first\\nsecond" stack="Traceback ' in line


def test_a_very_long_value_is_cut() -> None:
    assert len(text("m" * 10**6, key="v" * 10**6)) < 40_000


def lines_of(level: str) -> str:
    code = (
        "import logging, warnings; from argus.journal import configure_logging;"
        f"configure_logging({level!r}, 'text');"
        "logging.getLogger('argus.x').debug('our debug');"
        "logging.getLogger('argus.x').info('our info');"
        "logging.getLogger('uvicorn.error').info('their info', extra={'color_message': 'c'});"
        "logging.getLogger('sqlalchemy.engine').info('a statement');"
        "logging.getLogger('grpc').warning('their warning');"
        "warnings.warn('take care')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_libraries_are_heard_from_warnings_on_in_the_same_form() -> None:
    lines = lines_of("INFO")
    assert "our debug" not in lines
    assert 'level=INFO msg="our info"\n' in lines
    assert "their info" not in lines
    assert 'level=WARN msg="their warning" logger=grpc\n' in lines
    assert "take care" in lines
    assert all(line.startswith("time=") for line in lines.splitlines())


def test_debug_lets_libraries_inform_but_shows_no_statement() -> None:
    lines = lines_of("DEBUG")
    assert 'level=DEBUG msg="our debug"\n' in lines
    assert 'level=INFO msg="their info" logger=uvicorn.error\n' in lines
    assert "a statement" not in lines
