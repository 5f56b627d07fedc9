import { describe, expect, it } from "vitest";
import { tickLabel, timeTicks, valueTicks } from "./axis";

const at = (text: string) => Date.parse(`2026-11-20T${text}Z`);

describe("axes", () => {
  it("ends its values at a round number above the largest", () => expect(valueTicks(47)).toEqual([0, 20, 40, 60]));
  it("has whole values only", () => expect(valueTicks(2)).toEqual([0, 1, 2]));
  it("has an axis for nothing, too", () => expect(valueTicks(0)).toEqual([0, 1]));
  it("puts times on round minutes", () => expect(timeTicks(at("12:03:20"), at("12:18:20"), 4)).toEqual([at("12:05:00"), at("12:10:00"), at("12:15:00")]));
  it("labels a short range with minutes and a long one with days", () => {
    expect([tickLabel(at("12:05:00"), 900_000), tickLabel(at("12:05:00"), 7 * 86_400_000)]).toEqual(["12:05", "Nov 20"]);
  });
});
