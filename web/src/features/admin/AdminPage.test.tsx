import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import { adminToken } from "../../lib/adminToken";
import { accessibilityFaults, health, open, refuse } from "../../testing/app";

const receipt = { service_name: "shop", instance: "a1", peer: "127.0.0.1", transport: "grpc", last_seen: new Date().toISOString(), accepted: 10, rejected: {}, filtered: 0, duplicate: 0, queued: 0, committed: 10, lag_ms: 3, clock_offset_ms: 0 };
const letter = { id: "000017", tenant: "default", signal: "traces", records: 412, bytes: 20_480, received_at: new Date().toISOString(), reason: "database is locked", attempts: 3 };
const letters = { files: [letter], next_cursor: null };
afterEach(() => adminToken.set(""));

describe("the admin page", () => {
  it("puts the exporter whose records are rejected on top, open, with the reason", async () => {
    await open("/admin", { "/api/ingest/receipts": { receipts: [receipt, { ...receipt, service_name: "zebra", rejected: { bad_trace_id: 7 } }] } });
    const rows = within(await screen.findByRole("table", { name: "Exporters" })).getAllByRole("row");
    expect(rows[1]).toHaveTextContent("zebra");
    expect(rows[2]).toHaveTextContent("7 rejected: bad trace id");
    expect(rows[3]).toHaveTextContent(/^shop\s*Healthy/);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("leads to the addresses while nobody has sent anything", async () => {
    await open("/admin", { "/api/ingest/receipts": { receipts: [] } });
    expect(await screen.findByText(/No exporter has been heard of/)).toBeVisible();
  });

  it("replays a dead letter and looks again", async () => {
    let waiting = true;
    const { asked } = await open("/admin?tab=dead-letters", {
      "/api/admin/dlq": () => (waiting ? letters : { files: [], next_cursor: null }),
      "/api/admin/dlq/000017/replay": () => {
        waiting = false;
        return { status: "replayed" };
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Replay" }));
    expect(await screen.findByText("No request waits")).toBeVisible();
    expect(asked.map((url) => url.pathname)).toContain("/api/admin/dlq/000017/replay");
  });

  it("says why a replay failed", async () => {
    await open("/admin?tab=dead-letters", { "/api/admin/dlq": letters, "/api/admin/dlq/000017/replay": refuse(503, "unavailable", "database is locked") });
    await userEvent.click(await screen.findByRole("button", { name: "Replay" }));
    expect(await screen.findByText("It still waits: database is locked")).toBeVisible();
  });

  it("deletes only after a second yes", async () => {
    const { asked } = await open("/admin?tab=dead-letters", { "/api/admin/dlq": letters, "/api/admin/dlq/000017": { status: "deleted" } });
    await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
    const dialog = await screen.findByRole("dialog");
    expect(dialog).toHaveTextContent("412 records");
    expect(asked.map((url) => url.pathname)).not.toContain("/api/admin/dlq/000017");
    await userEvent.click(await within(dialog).findByRole("button", { name: "Delete for good" }));
    await expect.poll(() => asked.map((url) => url.pathname)).toContain("/api/admin/dlq/000017");
  });

  it("asks for the token when the server wants one", async () => {
    await open("/admin?tab=dead-letters", { "/api/admin/dlq": () => (adminToken.get() === "" ? refuse(401, "unauthenticated", "send the admin token") : letters) });
    await userEvent.type(await screen.findByLabelText("Admin token"), "s3cret");
    await userEvent.click(screen.getByRole("button", { name: "Continue" }));
    expect(await screen.findByRole("table", { name: "Dead letters" })).toBeVisible();
  });

  it("shows what Argus holds and what it waits for", async () => {
    await open("/admin?tab=state", { "/api/health": { status: "degraded", version: "1", ingestion_rate: 2.5, ingested_total: 10, dlq_size: 2, dlq_bytes: 4300, active_connections: 1, db_latency_p99_ms: 1, writer_status: "CIRCUIT_OPEN", queue_depth: 0, ai: health.ai, disk: { path: "argus.db", bytes: 3_000_000, free_bytes: 9_000_000 }, receivers: {} } });
    expect(await screen.findByText("Not writing")).toBeVisible();
    expect(screen.getByText(/4.20 KiB on disk/)).toBeVisible();
    expect(screen.getByRole("img", { name: "25.0 % of the room is used by Argus" })).toBeVisible();
  });

  it("shows how the AI does and what is left of its budget", async () => {
    await open("/admin?tab=state", { "/api/health": { ...health, ai: { enabled: true, model: "small", state: "failing", queue_depth: 3, tokens_per_hour: 2000, tokens_used: 500, tokens_left: 1500, problem: "it answered 500" } } });
    expect(await screen.findByText("small · The model failed some times in a row; it is tried again by itself · it answered 500")).toBeVisible();
    expect(screen.getByText("1,500 left")).toBeVisible();
    expect(screen.getByRole("img", { name: "25.0 % of the budget is used" })).toBeVisible();
  });

  it("says how long telemetry is kept, and leaves packing to a database server", async () => {
    await open("/admin?tab=data", { "/api/health": { ...health, disk: { path: "db:5432/argus", bytes: 1, free_bytes: null, full_in_days: null }, retention: { traces_days: 7, logs_days: 30, rollups_days: 90, bytes: 5 * 2 ** 30 } } });
    expect(await screen.findByText("7 days, logs 30 days")).toBeVisible();
    expect(screen.getByText(/^at most 5.00 GiB · numbers of the overview 90 days/)).toBeVisible();
    expect(screen.getByText(/only its server knows how much is free/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Vacuum…" })).toBeDisabled();
  });

  it("shows no gauge where nobody knows how much is free", async () => {
    await open("/admin?tab=state", { "/api/health": { ...health, disk: { path: "db:5432/argus", bytes: 3_000_000, free_bytes: null } } });
    expect(await screen.findByText(/db:5432\/argus/)).toBeVisible();
    expect(screen.queryByRole("img", { name: /of the room/ })).not.toBeInTheDocument();
  });

  it("deletes old data only after the word was typed", async () => {
    const { asked } = await open("/admin?tab=data", { "/api/health": { ...health, disk: { path: "argus.db", bytes: 1, free_bytes: 2, full_in_days: 12 } }, "/api/admin/purge": { purged_traces: 1, purged_spans: 2, purged_logs: 3, freed_bytes: 4096 } });
    expect(await screen.findByText("12 days")).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Delete old data…" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.clear(within(dialog).getByLabelText("Older than this many days"));
    await userEvent.type(within(dialog).getByLabelText("Older than this many days"), "0");
    const confirm = within(dialog).getByRole("button", { name: "Delete everything" });
    expect(confirm).toBeDisabled();
    await userEvent.type(within(dialog).getByLabelText(/^Type/), "delete everything");
    await userEvent.click(confirm);
    expect(await screen.findByText(/Gone: 1 trace, 2 spans, 3 log records/)).toBeVisible();
    expect(asked.filter((url) => url.pathname === "/api/admin/purge").map((url) => url.search)).toEqual(["?days=0&confirm=true"]);
  });
});
