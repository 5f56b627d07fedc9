/** Owns reading JSON whose shape is not known beforehand: a field if it is there and of the right type. */

export type Fields = Record<string, unknown>;

export const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {});
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const numberOf = (value: unknown, fallback = 0): number => (typeof value === "number" && Number.isFinite(value) ? value : fallback);

/** The first of these fields that is a text with something in it. */
export function textOf(fields: Fields, ...names: string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  return "";
}

/** Names with counts, however they are written: pairs, objects of a text and a number, or one object. */
export function countsOf(value: unknown): [name: string, count: number][] {
  if (!Array.isArray(value)) return Object.entries(fieldsOf(value)).map(([name, count]) => [name, numberOf(count)]);
  return value.map((entry): [string, number] => {
    const parts: unknown[] = Array.isArray(entry) ? entry : typeof entry === "string" ? [entry] : Object.values(fieldsOf(entry));
    return [String(parts.find((part) => typeof part === "string") ?? ""), numberOf(parts.find((part) => typeof part === "number"))];
  });
}
