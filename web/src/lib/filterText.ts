/** Owns writing conditions in the filter language (docs/query.md). */

/** A text as a value in quotes. */
export const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** A key as the language takes it: in quotes when it has another character than names usually have. */
const keyText = (key: string): string => (/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(key) ? key : quoted(key));

const isPlain = (text: string): boolean => /^[\p{L}_/][\p{L}\p{N}_./-]*$/u.test(text) && !/^(true|false|null|NaN|Infinity|AND|OR|NOT|TO)$/.test(text);

/** The condition that a key has this value; texts are in quotes where they could be read as something else. */
export const equals = (key: string, value: unknown): string => `${keyText(key)}:${typeof value === "string" && !isPlain(value) ? quoted(value) : String(value)}`;

/** The condition that an attribute has this value, never mistaken for a field of the same name; null when no filter finds it. */
export function attributeEquals(key: string, value: unknown): string | null {
  if (typeof value === "object" && value !== null) return null;
  if (typeof value === "string" && (value === "" || value.length > 200)) return null;
  const field = key.includes(".") ? keyText(key) : quoted(key);
  return `${field}:${equals("k", value).slice(2)}`;
}

/** The condition that a key has one of these values; empty for none. */
export function oneOf(key: string, values: string[]): string {
  const terms = values.map((value) => equals(key, value));
  return terms.length > 1 ? `(${terms.join(" OR ")})` : (terms[0] ?? "");
}

/** Whole words that must all occur, as the API's `search` means them. */
export const words = (text: string): string =>
  (text.match(/[\p{L}\p{N}]+/gu) ?? []).map(quoted).join(" ");

/** Conditions that must all hold; one with an OR is kept together, empty ones count for nothing. */
export function all(conditions: string[]): string {
  const said = conditions.map((text) => text.trim()).filter((text) => text !== "");
  return said.length < 2 ? (said[0] ?? "") : said.map((text) => (/\bOR\b/.test(text) ? `(${text})` : text)).join(" ");
}
