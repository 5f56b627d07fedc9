/** Owns how counts are written. */

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number with grouped digits: 20,412. */
export const formatCount = (value: number): string => grouped.format(value);

/** A count with its noun: `1 span`, `402 spans`. */
export const counted = (value: number, noun: string): string => `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;

const sizes = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size in bytes with its unit and at most three digits: 17 B, 4.2 KiB, 1.31 GiB. */
export function formatBytes(bytes: number): string {
  const step = Math.max(0, Math.min(sizes.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 99.95 ? value.toFixed(0) : value < 9.995 ? value.toFixed(2) : value.toFixed(1)} ${sizes[step]}`;
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** A count in three digits: 314, 20.4K, 1.2M. */
export const formatShort = (value: number): string => short.format(value);

/** A share from 0 to 1 as a percentage: 0 %, 0.03 %, 4.2 %, 100 %. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent >= 99.95) return `${percent.toFixed(0)} %`;
  return percent < 0.01 ? "< 0.01 %" : `${percent.toFixed(percent < 1 ? 2 : 1)} %`;
}
