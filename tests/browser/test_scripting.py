"""Whatever telemetry says is shown as text: none of it runs or is fetched, on any page."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.analysis.model_server import Writer, model_server, says
from tests.browser.conftest import browsing
from tests.browser.scripting import CORPUS, answer, logs, traces
from tests.e2e.conftest import Argus, running

TRACE = f"{1:032x}"
# What a text that is taken for markup would leave behind; the app itself has nothing of it.
LEFT_BEHIND = """() => [...document.querySelectorAll('*')].filter((one) =>
  one.matches('script:not([src^="/"]), iframe, object, embed, base, form[action], marquee, math, ' +
    'meta[http-equiv], link[href*="evil"], img, video, audio, animate, [formaction], [srcdoc]') ||
  [...one.attributes].some(({ name, value }) => name.startsWith('on') ||
    (/^(href|src|action|xlink:href)$/.test(name) && /^\\s*(javascript|data):/i.test(value)))
).map((one) => one.outerHTML.slice(0, 200)).concat(window.ran ?? [])"""
SENTINEL = "window.owned = () => (window.ran = ['ran'])"
COLLECT = """async (shown) => {
  const box = document.querySelector('[aria-label="Log records"]').parentElement;
  const seen = new Set();
  const until = performance.now() + 30000;  // the list grows as pages of it arrive
  for (let top = 0; performance.now() < until; top = top > box.scrollHeight ? 0 : top + 600) {
    box.scrollTop = top;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const row of box.querySelectorAll('li button')) seen.add(row.textContent);
    if (seen.size >= shown) break;
  }
  return [...seen];
}"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Argus]:
    """A server that was told the corpus."""
    with running(tmp_path_factory.mktemp("scripting")) as argus:
        tell(argus)
        yield argus


def tell(argus: Argus) -> None:
    """Send the corpus."""
    for path, request in (("traces", traces()), ("logs", logs())):
        sent = httpx2.post(f"{argus.otlp}/v1/{path}", json=request)
        assert (sent.status_code, sent.json()) == (200, {})


async def settle(page: Page) -> None:
    """Until the page is drawn; then nothing of the corpus may be part of it but as text."""
    await page.wait_for_load_state("networkidle")
    await expect(page.locator(".mantine-Skeleton-root")).to_have_count(0, timeout=30_000)
    assert await page.evaluate(LEFT_BEHIND) == []


async def visit(page: Page, path: str) -> None:
    """Open an address and look at what it shows."""
    answered = await page.goto(path)
    assert answered is not None
    assert "script-src 'self';" in answered.headers["content-security-policy"]
    await settle(page)


def in_line(text: str) -> str:
    """A text as a line of a list shows it."""
    return " ".join(text.split())


def test_the_corpus_is_of_more_than_three_hundred_different_texts() -> None:
    assert len(set(CORPUS)) == len(CORPUS) >= 300


async def taken_in(argus: Argus, markup: str) -> None:
    """A page that makes a text part of itself."""
    async with browsing(argus.url) as page:
        await page.goto("/send")
        await page.evaluate("(text) => document.body.insertAdjacentHTML('beforeend', text)", markup)
        assert await page.evaluate(LEFT_BEHIND) != []
        await page.wait_for_timeout(100)


async def test_a_page_that_runs_a_text_or_asks_another_host_is_noticed(hostile: Argus) -> None:
    with pytest.raises(AssertionError, match="Content Security Policy"):
        await taken_in(hostile, "<img src=x onerror=owned(1)>")
    with pytest.raises(AssertionError, match="Loading the image"):
        await taken_in(hostile, "<img src=//evil.invalid/>")


async def test_every_text_is_a_line_of_the_log_list_and_nothing_else(hostile: Argus) -> None:
    async with browsing(hostile.url, width=2400) as page:
        await page.add_init_script(SENTINEL)
        await page.goto("/logs")
        await expect(page.get_by_role("list", name="Log records")).to_be_visible(timeout=30_000)
        lines = await page.evaluate(COLLECT, len({in_line(text) for text in CORPUS}))
        assert {in_line(text) for text in CORPUS} - set(lines) == set()
        await settle(page)


SERVICE, SAID = quote(CORPUS[2], safe=""), quote(CORPUS[0])


@pytest.mark.parametrize(
    "paths",
    [
        ["/overview", f"/overview?service={SERVICE}", "/overview?live=1", f"/services/{SERVICE}",
         "/map", "/send", "/admin", "/admin?tab=dead-letters", "/admin?tab=state"],
        ["/traces", f"/traces?filter={quote(json.dumps(CORPUS[0]))}", f"/traces?range={SAID}",
         f"/traces?filter={SAID}", f"/traces/{SAID}", f"/compare?a={TRACE}&b={2:032x}", f"/{SAID}"],
        [f"/traces/{TRACE}?span={3:016x}",
         *(f"/traces/{TRACE}?tab={tab}"
           for tab in ("flame", "spans", "statistics", "map", "logs", "json"))],
        ["/logs?tab=patterns", f"/logs?{'&'.join(f'col={quote(text)}' for text in CORPUS[:3])}"],
    ],
    ids=["overview", "traces", "trace", "logs"],
)  # fmt: skip
async def test_nothing_that_telemetry_says_runs(hostile: Argus, paths: list[str]) -> None:
    async with browsing(hostile.url, refusals=(400, 404)) as page:
        await page.add_init_script(SENTINEL)
        for path in paths:
            await visit(page, path)


async def test_nothing_of_an_opened_or_arriving_record_runs(hostile: Argus) -> None:
    newest = hostile.get("/api/logs", limit=100)["logs"]
    async with browsing(hostile.url) as page:
        await page.add_init_script(SENTINEL)
        for record, view in ((newest[0], ""), (newest[40], ""), (newest[80], "around")):
            await visit(page, f"/logs?log={record['id']}&at={record['timestamp']}&view={view}")
            await expect(page.get_by_role("complementary", name="Log record")).to_be_visible()
        await page.goto("/logs?live=1")
        await expect(page.get_by_text("Waiting for log records")).to_be_visible(timeout=30_000)
        tell(hostile)
        await expect(page.get_by_role("listitem").first).to_be_visible(timeout=30_000)
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox").last.fill(CORPUS[0][:8])
        await page.wait_for_timeout(300)
        assert await page.evaluate(LEFT_BEHIND) == []


async def test_nothing_that_a_model_says_runs(tmp_path: Path) -> None:
    numbers = itertools.count()

    async def usual(writer: Writer) -> None:
        await says(answer(next(numbers)))(writer)

    async with model_server(usual) as model:
        settings = {"OPENAI_BASE_URL": model.url, "OPENAI_MODEL": "small", "OPENAI_API_KEY": "key"}
        with running(tmp_path, **settings, AI_TOKENS_PER_HOUR="100000000") as argus:
            assert httpx2.post(f"{argus.otlp}/v1/logs", json=logs(CORPUS[:3])).status_code == 200
            async with browsing(argus.url) as page:
                await page.add_init_script(SENTINEL)
                for record in argus.get("/api/logs")["logs"]:
                    await page.goto(
                        f"/logs?log={record['id']}&at={record['timestamp']}&view=insight"
                    )
                    await expect(page.get_by_role("heading", name="Likely causes")).to_be_visible(
                        timeout=30_000
                    )
                    await settle(page)
