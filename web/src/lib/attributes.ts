/** Owns how attributes are ordered, grouped and written. */

export type Entry = { key: string; value: unknown };
export type AttributeGroup = { name: string; entries: Entry[] };

/** Namespaces a reader looks for first; the rest follows by name. */
const order = ["error", "exception", "http", "url", "rpc", "db", "messaging", "gen_ai", "server", "client", "network", "user", "code", "service", "k8s"];
const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);

/** Attributes by the first part of their key; namespaces with one entry and keys without one gather under `other`. */
export function groupAttributes(attributes: Record<string, unknown>): AttributeGroup[] {
  const groups = new Map<string, Entry[]>();
  for (const [key, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = key.includes(".") ? key.slice(0, key.indexOf(".")) : "other";
    groups.set(name, [...(groups.get(name) ?? []), { key, value }]);
  }
  const other = groups.get("other") ?? [];
  for (const [name, entries] of groups) {
    if (name === "other" || entries.length > 1 || order.includes(name)) continue;
    other.push(...entries);
    groups.delete(name);
  }
  groups.delete("other");
  const sorted = [...groups].map(([name, entries]) => ({ name, entries })).sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
  return other.length > 0 ? [...sorted, { name: "other", entries: other }] : sorted;
}

export type ValueKind = "string" | "number" | "boolean" | "object" | "empty";

export function valueKind(value: unknown): ValueKind {
  if (value === null || value === undefined || value === "") return "empty";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "string" ? "string" : "object";
}

/** A value as text: strings as they are, everything else as JSON. */
export function valueText(value: unknown, indent?: number): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value, null, indent);
}

/** A log body in one line, as far as its first `atMost` characters. */
export const oneLine = (body: unknown, atMost = Infinity): string => valueText(body).trimStart().slice(0, atMost).replace(/\s+/g, " ").trim();

/** The attributes whose key or value has a text, whatever its case. */
export function attributesWith(attributes: Record<string, unknown>, text: string): Record<string, unknown> {
  const wanted = text.trim().toLowerCase();
  return Object.fromEntries(Object.entries(attributes).filter(([key, value]) => key.toLowerCase().includes(wanted) || valueText(value).toLowerCase().includes(wanted)));
}
