/** Owns how counts are written. */

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number with grouped digits: 20,412. */
export const formatCount = (value: number): string => grouped.format(value);

/** A count with its noun: `1 span`, `402 spans`. */
export const counted = (value: number, noun: string): string => `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
