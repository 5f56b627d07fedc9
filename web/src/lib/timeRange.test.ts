import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "../url/useSearchParams";
import { beforeQuery, parseRange, rangeLabel, rangeParams, rangeQuery, type TimeRange, widerRange } from "./timeRange";

const absolute: TimeRange = { kind: "absolute", start: "2026-11-20T10:00:00.000Z", end: "2026-11-20T11:00:00.000Z" };

describe("a time range", () => {
  it.each<[TimeRange]>([[{ kind: "relative", last: "15m" }], [{ kind: "relative", last: "1h" }], [{ kind: "all" }], [absolute]])("survives the address: %o", (range) => {
    expect(parseRange(rangeParams(range))).toEqual(range);
  });

  it("stays relative in the request", () => expect(rangeQuery({ kind: "relative", last: "15m" })).toEqual({ start: "now-15m" }));

  it("sends days as hours, which Go's durations know", () => expect(rangeQuery({ kind: "relative", last: "7d" })).toEqual({ start: "now-168h" }));

  it("of all time bounds nothing", () => expect(rangeQuery({ kind: "all" })).toEqual({}));

  it("falls back to the default when the address is unreadable", () => {
    expect(parseRange({ range: "yesterday" })).toEqual({ kind: "relative", last: "1h" });
    expect(parseRange({ start: "2026-11-20T10:00:00Z", end: "never" })).toEqual({ kind: "relative", last: "1h" });
  });

  it("leaves no trace in the address when it is the default", () => expect(rangeParams({ kind: "relative", last: "1h" })).toEqual({}));

  it("widens to a day, a week, then everything", () => {
    const day = widerRange({ kind: "relative", last: "15m" });
    const week = widerRange(day);
    expect([day, week, widerRange(week), widerRange(absolute)].map(rangeLabel)).toEqual(["Last 24 hours", "Last 7 days", "All time", "All time"]);
  });
});

describe("an address' query", () => {
  it("keeps lists as repeated keys, both ways", () => {
    const text = "?service=a&service=b&search=x+y";
    expect(parseSearch(text)).toEqual({ service: ["a", "b"], search: "x y" });
    expect(stringifySearch(parseSearch(text))).toBe(text);
  });

  it("drops what is empty", () => expect(stringifySearch({ search: "", service: [], tab: undefined })).toBe(""));
});

describe("the period before", () => {
  it("is as long and ends where the range begins", () => {
    expect(beforeQuery({ kind: "absolute", start: "2026-01-01T12:00:00Z", end: "2026-01-01T13:30:00Z" })).toEqual({ start: "2026-01-01T10:30:00.000Z", end: "2026-01-01T12:00:00Z" });
  });
  it("stays relative", () => expect(beforeQuery({ kind: "relative", last: "15m" })).toEqual({ start: "now-1800s", end: "now-900s" }));
  it("is not there for all time", () => expect(beforeQuery({ kind: "all" })).toBeNull());
});
