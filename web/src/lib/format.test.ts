import { describe, expect, it } from "vitest";
import { counted } from "./count";
import { formatDuration, normaliseDuration, parseDuration } from "./duration";
import { formatAgo, formatExact, toMicros } from "./moment";
import { shortOperation, splitOperation } from "./operation";
import { barScale, chipsThatFit, labelSide } from "./scale";

describe("durations", () => {
  it.each([
    [0, "0 µs"],
    [0.35, "0.35 µs"],
    [354, "354 µs"],
    [999.7, "1.00 ms"],
    [12_345, "12.3 ms"],
    [2_944_880, "2.94 s"],
    [59_960_000, "1m 00s"],
    [125_000_000, "2m 05s"],
    [11_520_000_000, "3h 12m"],
    [Number.NaN, "–"],
  ])("%d µs reads %s", (us, text) => expect(formatDuration(us)).toBe(text));

  it("reads what a person types, milliseconds when no unit is given", () => {
    expect([parseDuration("1.5 s"), parseDuration("250"), parseDuration("20µs"), parseDuration("soon")]).toEqual([1_500_000, 250_000, 20, null]);
  });

  it("sends the API a number with its unit", () => {
    expect([normaliseDuration(" 250 "), normaliseDuration("20µs"), normaliseDuration("-1s")]).toEqual(["250ms", "20us", null]);
  });
});

describe("moments", () => {
  it("keeps the microseconds of nine fractional digits", () => {
    expect(toMicros("2026-11-20T16:00:00.000123456Z") - toMicros("2026-11-20T16:00:00Z")).toBeCloseTo(123.456, 0);
  });

  it.each([
    [1, "now"],
    [12, "12s ago"],
    [119, "1m ago"],
    [3 * 3600, "3h ago"],
    [49 * 3600, "2d ago"],
    [-5, "in 5s"],
  ])("%d seconds back reads %s", (seconds, text) => {
    const now = Date.parse("2026-11-20T16:00:00Z");
    expect(formatAgo(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
  });

  it("shows the exact moment with its zone", () => {
    expect(formatExact("2026-11-20T16:56:40.852113999Z")).toBe("2026-11-20 16:56:40.852113 +00:00");
  });
});

describe("bars", () => {
  it("stay linear while values are within a factor of fifty", () => {
    const scale = barScale([10, 100]);
    expect([scale.logarithmic, scale.share(50)]).toEqual([false, 0.5]);
  });

  it("go logarithmic beyond, and the smallest stays visible", () => {
    const scale = barScale([100, 1_000_000]);
    expect(scale.logarithmic).toBe(true);
    expect(scale.share(100)).toBeGreaterThan(0.03);
    expect(scale.share(1_000_000)).toBeCloseTo(1);
  });

  it("of nothing are empty", () => expect(barScale([]).share(5)).toBe(0));

  it("put their label where there is room", () => {
    expect([labelSide(0, 100, 60, 400), labelSide(300, 90, 60, 400), labelSide(10, 380, 60, 400)]).toEqual(["right", "left", "inside"]);
  });
});

describe("names", () => {
  it("lose the package that every sibling shares", () => {
    expect(shortOperation("shop.catalog.v1.CatalogService/GetProduct")).toBe("CatalogService/GetProduct");
    expect(shortOperation("GET /product/{id}")).toBe("GET /product/{id}");
  });

  it("keep the end that tells siblings apart", () => {
    expect(splitOperation("InventoryService/ReserveItem")).toEqual({ head: "InventoryService", tail: "/ReserveItem" });
    expect(splitOperation("short")).toEqual({ head: "short", tail: "" });
  });

  it("fit as chips, or leave room for the number of the rest", () => {
    expect(chipsThatFit(["auth", "cart", "checkout"], 1000)).toBe(3);
    expect(chipsThatFit(["auth", "cart", "checkout"], 140)).toBe(2);
    expect(chipsThatFit(["a-very-long-service-name"], 50)).toBe(0);
  });

  it("agree with their number", () => expect([counted(1, "span"), counted(2041, "span")]).toEqual(["1 span", "2,041 spans"]));
});
