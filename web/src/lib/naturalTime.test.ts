import { afterEach, describe, expect, it } from "vitest";
import { tickLabel } from "./axis";
import { formatClock, formatExact } from "./moment";
import { readRange } from "./naturalTime";
import { setZone } from "./zone";

// a Friday
const now = Date.parse("2026-11-20T16:30:00Z");
const absolute = (start: string, end: string) => ({ kind: "absolute", start: `${start}:00.000Z`, end: `${end}:00.000Z` });

describe("a time range as a person writes it", () => {
  it.each([
    ["last 2 hours", "2h"],
    ["Last hour", "1h"],
    ["past 30 min", "30m"],
    ["90m", "90m"],
    ["half an hour", "30m"],
    ["last 2 weeks", "14d"],
    ["3 days ago", "3d"],
  ])("%s stays relative", (text, last) => expect(readRange(text, now)).toEqual({ kind: "relative", last }));

  it.each([
    ["yesterday", "2026-11-19T00:00", "2026-11-20T00:00"],
    ["today", "2026-11-20T00:00", "2026-11-20T16:30"],
    ["this week", "2026-11-16T00:00", "2026-11-20T16:30"],
    ["monday", "2026-11-16T00:00", "2026-11-17T00:00"],
    ["friday", "2026-11-13T00:00", "2026-11-14T00:00"],
    ["2026-11-02", "2026-11-02T00:00", "2026-11-03T00:00"],
    ["Nov 2", "2026-11-02T00:00", "2026-11-03T00:00"],
    ["24 december", "2025-12-24T00:00", "2025-12-25T00:00"],
    ["since 9am", "2026-11-20T09:00", "2026-11-20T16:30"],
    ["since 23:00", "2026-11-19T23:00", "2026-11-20T16:30"],
    ["since yesterday 14:00", "2026-11-19T14:00", "2026-11-20T16:30"],
    ["14:00-15:30", "2026-11-20T14:00", "2026-11-20T15:30"],
    ["yesterday 14:00 to 15:30", "2026-11-19T14:00", "2026-11-19T15:30"],
    ["2026-11-18 10:00 – 2026-11-19 11:00", "2026-11-18T10:00", "2026-11-19T11:00"],
    ["nov 2 to nov 4", "2026-11-02T00:00", "2026-11-05T00:00"],
    ["from 2026-11-20T10:00:00+02:00 to now", "2026-11-20T08:00", "2026-11-20T16:30"],
  ])("%s", (text, start, end) => expect(readRange(text, now)).toEqual(absolute(start, end)));

  it("of all time is all", () => expect(readRange("all time", now)).toEqual({ kind: "all" }));

  it.each(["", "soon", "25:99", "15:00 to 14:00", "last 0 hours", "2026-13-40"])("%j means nothing", (text) => expect(readRange(text, now)).toBeNull());
});

describe("the zone", () => {
  const winter = "2026-11-20T16:00:00.123456789Z";
  const zone = process.env.TZ;
  afterEach(() => {
    process.env.TZ = zone;
    setZone("local");
    localStorage.clear();
  });

  it("is this machine's, or UTC, for reading and writing alike", () => {
    process.env.TZ = "Asia/Kolkata";
    const read = () => [formatExact(winter), formatClock(winter, now), tickLabel(Date.parse(winter), 3_600_000), JSON.stringify(readRange("since 9am", now))];
    expect(read()).toEqual(["2026-11-20 21:30:00.123456 +05:30", "21:30:00.123", "21:30", JSON.stringify(absolute("2026-11-20T03:30", "2026-11-20T16:30"))]);
    setZone("utc");
    expect(read()).toEqual(["2026-11-20 16:00:00.123456 +00:00", "16:00:00.123", "16:00", JSON.stringify(absolute("2026-11-20T09:00", "2026-11-20T16:30"))]);
    expect(localStorage.getItem("argus-zone")).toBe("utc");
  });
});
