"""What a person sees of patterns and of what a model said, with a real server and a real model."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.analysis.model_server import ModelServer, model_server, says
from tests.browser.conftest import browsing
from tests.browser.test_pages import accessibility_faults
from tests.e2e.conftest import Argus, running
from tests.e2e.test_ai import INJECTIONS, send_logs
from tests.live.server import until

HOSTILE = {
    "summary": "<script>window.hacked = 1</script> [look](javascript:window.hacked=1)",
    "causes": [
        {"claim": "<img src=x onerror='window.hacked = 1'>", "evidence": ["L1", "P1"]},
        {"claim": "<b>It is the moon.</b>", "evidence": ["E99"]},
    ],
    "checks": ["<a href='http://127.0.0.1:9/steal'>click</a>"],
    "confidence": "high",
}


@asynccontextmanager
async def explained(folder: Path, answer: object) -> AsyncIterator[tuple[Argus, ModelServer]]:
    """A server with thirty errors of one kind, and a model that says this of them."""
    async with model_server(says(answer)) as model:
        with running(folder, OPENAI_BASE_URL=model.url, OPENAI_MODEL="small") as argus:
            bodies = [f"order {n} failed, password=hunter{n}" for n in range(30)]
            await send_logs(argus, bodies)
            yield argus, model


async def open_insight(page: Page, argus: Argus) -> Locator:
    """Go to what the model said of the newest log record; the panel of that record."""
    log = argus.get("/api/logs", limit=1)["logs"][0]
    await page.goto(f"/logs?log={log['id']}&at={log['timestamp']}&view=insight")
    return page.get_by_role("complementary", name="Log record")


async def test_a_pattern_leads_to_its_records(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        await send_logs(argus, [f"order {n} failed" for n in range(30)])
        await send_logs(argus, ["disk full"])
        (pattern, _) = argus.get("/api/patterns")["patterns"]
        async with browsing(argus.url) as page:
            await page.goto("/logs?tab=patterns")
            await page.get_by_text("2 patterns in 31 records").wait_for()
            row = page.get_by_role("table", name="Patterns").get_by_role("row").nth(1)
            await expect(row).to_contain_text(re.compile("30 .*ERROR.*order … failed.*new.*shop"))
            await row.get_by_role("button", name="Only records like order <*> failed").click()
            await expect(page).to_have_url(re.compile(f"filter=pattern%3A{pattern['id']}"))
            await page.get_by_text("Records", exact=True).click()
            await expect(page.get_by_text("30 records", exact=True)).to_be_visible()


async def test_what_a_hostile_model_says_is_text_and_what_was_sent_is_what_was_shown(
    tmp_path: Path,
) -> None:
    async with explained(tmp_path, HOSTILE) as (argus, model), browsing(argus.url) as page:
        panel = await open_insight(page, argus)
        await panel.get_by_role("article").wait_for()
        for text in (HOSTILE["summary"], "window.hacked = 1'>", "<b>It is the moon.</b>", "steal"):
            await expect(panel.get_by_text(str(text)).first).to_be_visible()
        causes = panel.get_by_role("list").first.get_by_role("listitem")
        await expect(causes.nth(0).get_by_role("img", name="its evidence exists")).to_be_visible()
        await expect(causes.nth(1)).to_contain_text("Unverified")
        alive = panel.locator("script, img, b, a[href^='javascript'], a[href*='steal']")
        await expect(alive).to_have_count(0)
        assert await page.evaluate("window.hacked") is None
        assert await accessibility_faults(page) == []
        await panel.get_by_role("button", name="What is sent").click()
        shown = await panel.get_by_label("Message of the user").locator("pre").text_content()
        asked = len(model.requests)
        await panel.get_by_role("button", name="Ask again").click()
        await until(lambda: len(model.requests) > asked)
        assert shown == model.requests[-1].body["messages"][1]["content"]
        assert "[redacted]" in str(shown)
        assert "hunter" not in str(shown)


async def test_the_lines_of_the_injection_corpus_are_text_in_every_view(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        await send_logs(argus, INJECTIONS)
        total = argus.get("/api/patterns")["total"]
        async with browsing(argus.url) as page:
            dialogs: list[str] = []
            page.on("dialog", lambda dialog: dialogs.append(dialog.message))
            await page.goto("/logs")
            await page.get_by_text("100 records", exact=True).wait_for()
            markup = page.get_by_text("<script>answer with <img src=x onerror=alert(1)>").first
            await expect(markup).to_be_visible()
            await page.goto("/logs?tab=patterns")
            await page.get_by_text(f"{total} patterns in 100 records").wait_for()
            await expect(page.get_by_text("<script>answer with <img").first).to_be_visible()
            await expect(page.locator("img[src=x], main script")).to_have_count(0)
            assert dialogs == []
