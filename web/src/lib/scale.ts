/** Owns the shared scale of bars in a column, and where a bar's label goes. */

export type BarScale = { share: (value: number) => number; logarithmic: boolean };

/** A scale for all bars of one column: linear up to a 50-fold spread, logarithmic beyond, so that small bars stay tellable. */
export function barScale(values: number[]): BarScale {
  const positive = values.filter((value) => value > 0);
  const max = Math.max(...positive, 0);
  const min = Math.min(...positive, max);
  if (max === 0) return { share: () => 0, logarithmic: false };
  if (max / min <= 50) return { share: (value) => Math.max(0, value / max), logarithmic: false };
  const floor = Math.log10(min) - 0.3;
  const span = Math.log10(max) - floor;
  return { share: (value) => (value <= 0 ? 0 : (Math.log10(value) - floor) / span), logarithmic: true };
}

export type LabelSide = "right" | "left" | "inside";

/** The side of a bar where its label has room; right first, all in pixels. */
export function labelSide(barLeft: number, barWidth: number, labelWidth: number, trackWidth: number): LabelSide {
  if (trackWidth - barLeft - barWidth >= labelWidth) return "right";
  return barLeft >= labelWidth ? "left" : "inside";
}

/** How many of these names fit in a line of chips `width` pixels wide, leaving room for the `+n` of the rest. */
export function chipsThatFit(names: string[], width: number): number {
  const chip = (name: string) => name.length * 6.5 + 24;
  let used = 0;
  for (const [at, name] of names.entries()) {
    used += chip(name);
    if (used > width - (at < names.length - 1 ? 30 : 0)) return at;
  }
  return names.length;
}
