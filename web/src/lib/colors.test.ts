import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { paletteSize, serviceColor, serviceSlot } from "./colors";

const css = readFileSync("src/theme.css", "utf8");
const palette = [...css.matchAll(/--service-(\d+): oklch\(var\(--tone-[ab]\) (\d+)\)/g)].map((match) => ({ slot: Number(match[1]), hue: Number(match[2]) }));

describe("the colour of a service", () => {
  it("depends on its name alone", () => {
    expect(serviceColor("checkout")).toBe(serviceColor("checkout"));
    expect(serviceColor("checkout")).toMatch(/^var\(--service-\d+\)$/);
  });

  it("is the one it was in the release before", () => {
    expect(["auth-service", "order-service", "payment-service"].map(serviceSlot)).toEqual([23, 0, 21]);
  });

  it("comes from a palette that has every slot", () => {
    expect(palette.map(({ slot }) => slot)).toEqual(Array.from({ length: paletteSize }, (_, slot) => slot));
  });

  it("is never red or amber: their hues are kept for errors and warnings", () => {
    for (const { hue } of palette) expect(hue >= 120 && hue <= 335, `hue ${hue}`).toBe(true);
  });

  it("tells the seven services of the simulation apart", () => {
    const names = ["auth", "order", "payment", "inventory", "shipping", "notification", "user"];
    expect(new Set(names.map((name) => serviceSlot(`${name}-service`))).size).toBe(7);
  });
});
