import { describe, expect, it } from "vitest";
import type { Receipt } from "../api/types";
import { reasonsOf, sortReceipts, verdictOf } from "./receipts";

const now = Date.parse("2026-11-20T16:00:00Z");
const receipt = (more: Partial<Receipt> = {}): Receipt => ({
  service_name: "shop", instance: "", peer: "127.0.0.1", transport: "grpc", last_seen: "2026-11-20T15:59:58.000000000Z", accepted: 10, rejected: {}, filtered: 0, duplicate: 0, queued: 0, committed: 10, lag_ms: 3, clock_offset_ms: 0, ...more,
});

describe("what a receipt tells", () => {
  it("calls an exporter broken when one record was rejected", () => expect(verdictOf(receipt({ rejected: { bad_trace_id: 1 } }), now)).toBe("broken"));
  it("calls it silent after five minutes", () => expect(verdictOf(receipt({ last_seen: "2026-11-20T15:54:00Z" }), now)).toBe("silent"));
  it("calls it filtered when nothing came through the filters", () => expect(verdictOf(receipt({ filtered: 10, committed: 0 }), now)).toBe("filtered"));
  it("puts broken exporters first and orders the rest by name", () => {
    const sorted = sortReceipts([receipt({ service_name: "b" }), receipt({ service_name: "a" }), receipt({ service_name: "z", rejected: { late: 2 } })], now);
    expect(sorted.map((one) => one.service_name)).toEqual(["z", "a", "b"]);
  });
  it("names each reason, the most frequent first", () => {
    expect(reasonsOf(receipt({ rejected: { bad_trace_id: 1, end_before_start: 2000 } }))).toEqual(["2,000 rejected: end before start", "1 rejected: bad trace id"]);
  });
  it("says that a clock is wrong", () => expect(reasonsOf(receipt({ clock_offset_ms: -61_000 }))[0]).toContain("61 s behind"));
  it("has nothing to say of a healthy one", () => expect(reasonsOf(receipt())).toEqual([]));
});
