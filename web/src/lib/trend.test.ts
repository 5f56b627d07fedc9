import { describe, expect, it } from "vitest";
import { healthOf, trendOf } from "./trend";

describe("comparing with the period before", () => {
  it("says how much more", () => expect(trendOf(150, 100, false)).toEqual({ text: "50 %", direction: "up", worse: false }));
  it("calls more errors worse", () => expect(trendOf(0.04, 0.02, true)?.worse).toBe(true));
  it("calls fewer errors not worse", () => expect(trendOf(0.01, 0.02, true)).toEqual({ text: "50 %", direction: "down", worse: false }));
  it("says nothing when there was nothing", () => expect(trendOf(5, 0, false)).toBeNull());
  it("counts large growth in multiples", () => expect(trendOf(4000, 100, false)?.text).toBe("40 ×"));
  it("calls a service poor from one failure in twenty", () => expect([0, 0.02, 0.05].map(healthOf)).toEqual(["good", "fair", "poor"]));
});
