/** Owns writing conditions in the filter language (docs/query.md). */

/** A text as a value in quotes. */
export const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** A key as the language takes it: in quotes when it has another character than names usually have. */
const keyText = (key: string): string => (/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(key) ? key : quoted(key));

/** The condition that a key has this value; values of other types than text are written bare. */
export const equals = (key: string, value: unknown): string => `${keyText(key)}:${typeof value === "string" ? quoted(value) : String(value)}`;

/** The condition that a key has another value, or is not there. */
export const differs = (key: string, value: unknown): string => `NOT ${equals(key, value)}`;

/** The condition that a key has one of these values; empty for none. */
export function oneOf(key: string, values: string[]): string {
  const terms = values.map((value) => equals(key, value));
  return terms.length > 1 ? `(${terms.join(" OR ")})` : (terms[0] ?? "");
}

/** Whole words that must all occur, as the API's `search` means them. */
export const words = (text: string): string =>
  (text.match(/[\p{L}\p{N}]+/gu) ?? []).map(quoted).join(" ");

/** Conditions that must all hold; each is kept together, empty ones count for nothing. */
export function all(conditions: string[]): string {
  const said = conditions.map((text) => text.trim()).filter((text) => text !== "");
  return said.length < 2 ? (said[0] ?? "") : said.map((text) => `(${text})`).join(" ");
}
