"""The way a person goes from a failing checkout to why it failed, and hands on what they found."""

import re
from typing import Any

from playwright.async_api import Page

from tests.browser.conftest import browsing
from tests.browser.shop import EXPLANATIONS
from tests.browser.test_pages import failing_checkout
from tests.e2e.conftest import Argus


def worst_record(shop: Argus, trace_id: str) -> Any:
    """The most severe log record of a trace."""
    logs = shop.get("/api/logs", trace_id=trace_id)["logs"]
    return max(logs, key=lambda log: log["severity_number"])


def said(page: Page) -> Any:
    """What the model said, on the panel of a log record."""
    panel = page.get_by_role("complementary", name="Log record")
    return panel.get_by_text(
        re.compile("|".join(re.escape(s) for s, _, _ in EXPLANATIONS.values()))
    )


async def test_a_failing_checkout_is_followed_to_its_insight_and_shared(shop: Argus) -> None:
    checkout = failing_checkout(shop)["trace_id"]
    log = worst_record(shop, checkout)
    checkouts = {"filter": 'name:"POST /checkout"', "start": "now-1h"}
    failed = shop.get("/api/traces", status="ERROR", **checkouts)["total"]
    async with browsing(shop.url) as page:
        await page.goto("/overview")
        await page.get_by_role("link", name="Traces", exact=True).first.click()
        await page.get_by_role("combobox").fill('name:"POST /checkout"')
        await page.keyboard.press("Enter")
        await page.get_by_text("Errors", exact=True).first.click()
        # a row that is clicked while the list gives way to that of the failed ones is another's
        await page.get_by_text(re.compile(f"^{failed} traces?$")).wait_for()
        rows = page.get_by_role("table", name="Traces").get_by_role("row")
        await rows.locator(f'a[href*="{checkout}"]').first.click()
        await page.wait_for_url(re.compile(checkout))
        await page.get_by_role("treegrid", name="Spans").wait_for()

        await page.get_by_role("tab", name="Logs").click()
        records = page.get_by_role("list", name="Log records")
        await records.get_by_text(log["body"]).click()
        await page.get_by_role("link", name="Insight").click()
        await page.wait_for_url(re.compile(f"/logs.*log={log['id']}"))
        await page.get_by_role("button", name=re.compile("^Ask ")).click()
        await said(page).wait_for()

        await page.get_by_role("button", name="Copy a link to this record").click()
        shared = await page.evaluate("navigator.clipboard.readText()")
        assert shared == page.url
        tab = await page.context.new_page()
        await tab.goto(shared)
        await said(tab).wait_for()
        found = tab.get_by_role("list", name="Log records").first.get_by_text(log["body"])
        await found.first.wait_for()
        assert await tab.title() == "Logs · Argus"
