"""What a person does in the explorer: filters, facets, charts, comparison, logs, the palette."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import AXE, browsing
from tests.browser.test_pages import accessibility_faults, failing_checkout
from tests.e2e.conftest import Argus


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def test_a_filter_is_completed_from_the_data_and_applied_by_keyboard(shop: Argus) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/traces")
        field = page.get_by_role("combobox", name="Filter spans, or paste a trace id")
        await field.wait_for()
        await page.keyboard.press("/")
        await expect(field).to_be_focused()
        await page.keyboard.type("stat")
        await expect(page.get_by_role("option", name=re.compile("^status"))).to_have_count(2)
        await page.keyboard.press("Tab")
        await expect(field).to_have_value("status:")
        await page.get_by_role("option", name=re.compile("^error")).wait_for()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile("filter=status%3Aerror"))
        rows = page.get_by_role("table", name="Traces").get_by_role("row")
        expected = shop.get("/api/traces", filter="status:error", start="now-1h")["total"]
        await expect(page.get_by_text(f"{expected} traces", exact=True)).to_be_visible()
        await expect(rows.nth(1).get_by_role("img").first).to_be_visible()


async def test_a_filter_that_cannot_be_read_marks_its_column_and_keeps_the_list(
    shop: Argus,
) -> None:
    async with browsing(shop.url, refusals=(400,)) as page:
        await page.goto("/traces")
        table = page.get_by_role("table", name="Traces")
        await expect(table).to_be_visible()
        await page.get_by_role("combobox").fill("duration:>500")
        await page.keyboard.press("Enter")
        fault = page.get_by_role("alert")
        await expect(fault).to_contain_text("column 11: expected a duration with a unit")
        assert await page.locator("[data-fault]").all_inner_texts() == ["500"]
        await expect(table).to_be_visible()
        assert address(page) == {}


async def test_facets_choose_leave_out_and_count_what_the_server_counts(shop: Argus) -> None:
    counts = shop.get("/api/traces/facets", field="service", start="now-1h")["facets"][0]
    count = {one["value"]: one["count"] for one in counts["values"]}["order-service"]
    async with browsing(shop.url) as page:
        await page.goto("/traces")
        facets = page.get_by_role("complementary", name="Facets")
        await facets.get_by_role("checkbox", name=f"order-service, {count:,}").click()
        await expect(page).to_have_url(re.compile("filter=service%3Aorder-service"))
        await facets.get_by_role("checkbox", name=re.compile("^auth-service")).click()
        await expect(page.get_by_role("combobox")).to_have_value(
            "(service:order-service OR service:auth-service)"
        )
        await facets.get_by_role("checkbox", name=re.compile("^client")).hover()
        await facets.get_by_role("button", name="Leave out client").click()
        await expect(page.get_by_role("combobox")).to_have_value(re.compile("-kind:client$"))
        await page.go_back()
        await page.go_back()
        await expect(page.get_by_role("combobox")).to_have_value("service:order-service")


async def drag(page: Page, name: re.Pattern[str], left: float, right: float) -> None:
    box = await page.get_by_role("img", name=name).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 3
    await page.mouse.move(box["x"] + box["width"] * left, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * right, middle, steps=4)
    await page.mouse.up()


@pytest.mark.parametrize(
    ("path", "chart"),
    [("/traces", "^Durations of"), ("/logs", "^Log records over time")],
)
async def test_dragging_over_the_chart_narrows_the_time_range(
    shop: Argus, path: str, chart: str
) -> None:
    async with browsing(shop.url) as page:
        await page.goto(path)
        await drag(page, re.compile(chart), 0.7, 0.98)
        await expect(page).to_have_url(re.compile(r"start=.*&end="))
        assert "min" not in address(page)


async def test_two_traces_are_compared_and_what_differs_is_explained(shop: Argus) -> None:
    failed = failing_checkout(shop)["trace_id"]
    good = shop.get(
        "/api/traces", filter='name:"POST /checkout"', status="UNSET", sort_by="span_count"
    )["traces"][0]["trace_id"]
    async with browsing(shop.url) as page:
        await page.goto("/traces?filter=name:%22POST+/checkout%22")
        picks = page.get_by_role("checkbox", name="Compare POST /checkout")
        await picks.nth(0).click()
        await picks.nth(1).click()
        await page.get_by_role("link", name="Compare", exact=True).click()
        await expect(page).to_have_url(re.compile(r"/compare\?a=[0-9a-f]{32}&b=[0-9a-f]{32}"))
        await page.goto(f"/compare?a={good}&b={failed}")
        table = page.get_by_role("table", name="Differences")
        row = table.get_by_role("row").filter(has=page.get_by_label("fails in one of them")).first
        await row.get_by_role("button").click()
        details = page.get_by_role("complementary", name="What differs")
        await expect(details).to_contain_text("http.response.status_code")
        await details.get_by_role("link", name="span in B").click()
        await expect(page.get_by_role("treegrid", name="Spans")).to_be_visible()


def newest_error(shop: Argus) -> Any:
    return shop.get("/api/logs", severity="ERROR", limit=1)["logs"][0]


async def test_a_log_record_is_opened_shared_and_set_among_what_happened_around_it(
    shop: Argus,
) -> None:
    log = newest_error(shop)
    async with browsing(shop.url) as page:
        await page.goto("/logs?filter=severity:ERROR")
        records = page.get_by_role("list", name="Log records").first
        await records.get_by_role("button").first.click()
        panel = page.get_by_role("complementary", name="Log record")
        await expect(panel.get_by_text(log["body"], exact=True)).to_be_visible()
        await panel.get_by_role("tab", name="Around it").click()
        around = panel.get_by_role("list", name="Log records")
        await expect(around.get_by_text("here", exact=True)).to_be_visible()
        shared = page.url
        await page.goto("about:blank")
        await page.goto(shared.replace("severity:ERROR", "severity:FATAL"))
        await expect(around.get_by_text("here", exact=True)).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(panel).to_have_count(0)


async def test_an_attribute_of_a_record_becomes_a_column_and_a_condition(shop: Argus) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/logs")
        await page.get_by_role("list", name="Log records").get_by_role("button").first.click()
        panel = page.get_by_role("complementary", name="Log record")
        await panel.get_by_text("code.function.name").hover()
        await panel.get_by_role("button", name="Column code.function.name").click()
        await expect(
            page.get_by_role("button", name="Take column code.function.name away")
        ).to_be_visible()
        await panel.get_by_role(
            "button", name=re.compile("^Find logs where code.function.name is (?!not )")
        ).click()
        await expect(page).to_have_url(re.compile("filter=code.function.name%3A"))
        assert address(page)["col"] == ["code.function.name"]


async def test_the_time_is_chosen_in_words_and_stays_relative(shop: Argus) -> None:
    async with browsing(shop.url) as page:
        await page.goto("/traces")
        await page.get_by_role("table", name="Traces").wait_for()
        await page.keyboard.press("d")
        words = page.get_by_role("textbox", name="Time range in words")
        await expect(words).to_be_focused()
        await page.keyboard.type("last 2 hours")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile("range=2h$"))
        await expect(page.get_by_role("button", name="Time range: Last 2 hours")).to_be_visible()


async def test_the_palette_leads_to_a_service_and_to_a_pasted_trace(shop: Argus) -> None:
    trace_id = failing_checkout(shop)["trace_id"]
    async with browsing(shop.url) as page:
        await page.goto("/send")
        await page.get_by_role("heading", level=1).wait_for()
        await page.keyboard.press("Control+k")
        field = page.get_by_role("combobox", name=re.compile("^Go to"))
        await expect(field).to_be_focused()
        await page.keyboard.type("payment")
        await page.get_by_role("option", name=re.compile("^payment-service")).first.wait_for()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile("payment-service"))
        await page.keyboard.press("Control+k")
        await field.fill(trace_id)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(f"/traces/{trace_id}"))


@pytest.mark.parametrize("width", [1600, 390])
async def test_what_opens_over_the_explorer_is_accessible(shop: Argus, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("accessibility: needs axe-core in web/node_modules")
    summary, log = failing_checkout(shop), newest_error(shop)
    other = shop.get("/api/traces", limit=1)["traces"][0]["trace_id"]
    span = shop.get(f"/api/traces/{summary['trace_id']}")["spans"][0]
    chosen = f"log={log['id']}&at={log['timestamp']}"
    faults: dict[str, list[str]] = {}
    async with browsing(shop.url, "light", width, 844, refusals=(400, 404)) as page:
        for path, key in (
            ("/traces?filter=status:failed", ""),
            (f"/traces?pick={summary['trace_id']}&pick={other}", ""),
            ("/traces?filter=zzz", ""),
            ("/traces", "/"),
            ("/traces", "d"),
            ("/traces", "?"),
            ("/traces", "Control+k"),
            (f"/compare?a={other}&b={summary['trace_id']}", ""),
            ("/compare", ""),
            (f"/traces/{summary['trace_id']}?span={span['span_id']}", ""),
            (f"/logs?col=code.function.name&{chosen}", ""),
            (f"/logs?{chosen}&view=around", ""),
            (f"/logs?{chosen}&view=insight", ""),
        ):
            await page.goto(path)
            await page.wait_for_load_state("load")
            await page.wait_for_timeout(500)
            if key:
                await page.keyboard.press(key)
                await page.wait_for_timeout(500)
            if found := await accessibility_faults(page):
                faults[f"{path} {key}"] = found
    assert faults == {}
