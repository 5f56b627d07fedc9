import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open, refuse } from "../../testing/app";
import { aLog, aSpan, aTrace, at, spanId } from "../../testing/builders";

const address = `/traces/${"a".repeat(32)}`;
const route = `/api${address}`;
const exception = { name: "exception", time: at(900), attributes: { "exception.type": "CardDeclined", "exception.message": "no funds", "exception.stacktrace": "CardDeclined: no funds\n    at pay (/app/src/pay.ts:1:1)\n    at run (/app/node_modules/x.js:1:1)" }, dropped_attributes_count: 0 };
const checkout = () =>
  aTrace(
    [
      aSpan({ id: "root", us: 1000, service_name: "frontend", operation_name: "POST /checkout", kind: "SERVER" }),
      aSpan({ id: "pay", parent: "root", from: 100, us: 800, service_name: "payment", operation_name: "charge", kind: "CLIENT", status: "ERROR", attributes: { "http.response.status_code": 402, "user.name": "ada" }, events: [exception], resource: { "host.name": "h1" } }),
      aSpan({ id: "mail", parent: "root", from: 950, us: 20, service_name: "mail", operation_name: "send" }),
    ],
    [aLog({ id: "9", body: "card declined", severity: "ERROR", span_id: spanId("pay"), trace_id: "a".repeat(32), timestamp: at(850), service_name: "payment" })],
    { services: ["frontend", "mail", "payment"], root_operation: "POST /checkout" },
  );

const press = (key: string, code = key) => fireEvent.keyDown(document.documentElement, { key, code, shiftKey: /^[A-Z]$/.test(key) });
const details = () => screen.findByRole("complementary", { name: "Span details" });

describe("the trace page", () => {
  it("draws a row per span below its parent and is accessible", async () => {
    await open(address, { [route]: checkout() });
    const rows = within(await screen.findByRole("treegrid", { name: "Spans" })).getAllByRole("row");
    expect(rows.map((row) => [row.getAttribute("aria-level"), row.id])).toEqual([["1", "row-0"], ["2", "row-1"], ["2", "row-2"]]);
    expect(await within(rows[1] as HTMLElement).findByText("800 µs")).toBeVisible();
    expect(within(rows[1] as HTMLElement).getByRole("img", { name: "error" })).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("opens at the cause of the error and tells it before the attributes", async () => {
    await open(address, { [route]: checkout() });
    const panel = await details();
    expect(await within(panel).findByRole("heading", { name: "charge" })).toBeVisible();
    const text = panel.textContent ?? "";
    expect(text.indexOf("CardDeclined")).toBeLessThan(text.indexOf("Attributes"));
    expect(within(panel).getByRole("button", { name: "… 1 library frame" })).toBeVisible();
    expect(within(panel).getByText("card declined")).toBeVisible();
  });

  it("shows the span its address names", async () => {
    await open(`${address}?span=${spanId("mail")}`, { [route]: checkout() });
    expect(await within(await details()).findByRole("heading", { name: "send" })).toBeVisible();
  });

  it("puts a clicked span into the address", async () => {
    const { router } = await open(address, { [route]: checkout() });
    await userEvent.click(await screen.findByTitle("send"));
    expect(router.state.location.search).toMatchObject({ span: spanId("mail") });
  });

  it("is walked with the keyboard: k moves up, [ closes, ] opens, e finds the error", async () => {
    const { router } = await open(`${address}?span=${spanId("mail")}`, { [route]: checkout() });
    await details();
    press("e");
    await expect.poll(() => router.state.location.search).toMatchObject({ span: spanId("pay") });
    press("k", "KeyK");
    await expect.poll(() => router.state.location.search).toMatchObject({ span: spanId("root") });
    press("[", "BracketLeft");
    await expect.poll(() => screen.getAllByRole("row").length).toBe(1);
    press("]", "BracketRight");
    await expect.poll(() => screen.getAllByRole("row").length).toBe(3);
  });

  it("says which parent has not arrived", async () => {
    await open(address, { [route]: aTrace([aSpan({ id: "b", parent: "0123456789abcdef" })], [], { root_missing: true }) });
    expect(await screen.findByText("parent 01234567 has not arrived")).toBeVisible();
    expect(screen.getByText("root missing")).toBeVisible();
  });

  it("folds repeated siblings and opens them on demand", async () => {
    const spans = [aSpan({ id: "root", us: 9000 }), ...Array.from({ length: 7 }, (_, index) => aSpan({ id: `q${index}`, parent: "root", from: index * 1000, us: 100 + index, operation_name: "SELECT" }))];
    await open(address, { [route]: aTrace(spans) });
    await userEvent.click(await screen.findByRole("button", { name: "×7: show all" }));
    expect(screen.getAllByRole("row")).toHaveLength(9);
    expect(screen.getByText("p50 103 µs · max 106 µs")).toBeVisible();
  });

  it("finds other traces with a value", async () => {
    await open(address, { [route]: checkout() });
    expect(await within(await details()).findByRole("link", { name: "Find traces where user.name is ada" })).toHaveAttribute("href", `/traces?${new URLSearchParams({ filter: 'user.name:ada' })}`);
    expect(within(await details()).getByRole("link", { name: "Find traces where http.response.status_code is not 402" })).toHaveAttribute("href", `/traces?${new URLSearchParams({ filter: "-http.response.status_code:402" })}`);
  });

  it("lists the trace's logs on the trace's clock and leads back to the span", async () => {
    const { router } = await open(`${address}?tab=logs`, { [route]: checkout() });
    expect(await screen.findByText("+850 µs")).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "card declined" }));
    const insight = new URL((await screen.findByRole("link", { name: "Insight" })).getAttribute("href") ?? "", "http://argus").searchParams;
    expect([insight.get("view"), insight.get("filter")]).toEqual(["insight", expect.stringMatching(/^trace_id:/)]);
    await userEvent.click(await screen.findByRole("button", { name: "Show its span in the timeline" }));
    expect(router.state.location.search).toEqual({ span: spanId("pay") });
  });

  it("shows the answer as JSON", async () => {
    await open(`${address}?tab=json`, { [route]: checkout() });
    expect(await screen.findByText(/"root_operation": "POST \/checkout"/)).toBeVisible();
  });

  it("says when there is no such trace", async () => {
    await open(address, { [route]: refuse(404, "not_found", "unknown trace") });
    expect(await screen.findByText("This trace is not here")).toBeVisible();
  });

  it("says what the server said when it fails", async () => {
    await open(address, { [route]: refuse(400, "invalid_argument", "trace_id must be 32 hex digits") });
    expect(await screen.findByRole("alert")).toHaveTextContent("trace_id must be 32 hex digits");
  });
});
