import { describe, expect, it } from "vitest";
import { parseRegion, regionFilter, regionText } from "./latencyRegion";

const region = { startMs: 1_795_190_400_000, endMs: 1_795_190_460_000, minUs: 1000, maxUs: null };

describe("a part of the heatmap", () => {
  it("survives an address", () => expect([parseRegion(regionText(region)), parseRegion(regionText({ ...region, minUs: null, maxUs: 50 }))]).toEqual([region, { ...region, minUs: null, maxUs: 50 }]));

  it("is nothing when an address says nonsense", () => expect(["", "1-2", "5-1/-", "a-b/c-d", undefined].map(parseRegion)).toEqual([null, null, null, null, null]));

  it("is a filter over start and duration", () => expect(regionFilter(region)).toBe("start:[2026-11-20T16:00:00.000Z TO 2026-11-20T16:01:00.000Z} duration:>=1000us"));
});
