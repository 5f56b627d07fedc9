import { describe, expect, it } from "vitest";
import { placeLabels } from "./labels";

describe("the texts of edges", () => {
  const fan = [0, 84, 168, 252, 336].map((y, at) => ({ id: String(at), points: [{ x: 0, y: 168 }, { x: 92, y }], width: 80 }));

  it("stand on their line", () => expect(placeLabels([{ id: "a", points: [{ x: 0, y: 0 }, { x: 100, y: 40 }], width: 60 }]).get("a")).toEqual({ x: 50, y: 20 }));

  it("do not cover each other where lines fan out", () => {
    const places = [...placeLabels(fan).values()].sort((a, b) => a.y - b.y);
    places.slice(1).forEach((place, at) => expect(place.y - (places[at]?.y ?? 0)).toBeGreaterThan(17));
  });

  it("stand on the last stretch of a line that skips layers", () => {
    const at = placeLabels([{ id: "a", points: [{ x: 0, y: 0 }, { x: 100, y: 90 }, { x: 300, y: 90 }, { x: 400, y: 0 }], width: 60 }]).get("a");
    expect(at?.x).toBeGreaterThan(300);
  });
});
