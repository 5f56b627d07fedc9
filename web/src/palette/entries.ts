/** Owns what the palette finds: pages, services, operations, traces by id, and the filters used before. */
import type { OperationNumbers } from "../api/types";
import { equals } from "../lib/filterText";

export type Entry = { id: string; group: string; label: string; says: string; to: string; search?: Record<string, string>; params?: Record<string, string> };
export type Known = { pages: { path: string; title: string }[]; services: string[]; operations: OperationNumbers[]; past: { traces: string[]; logs: string[] } };

const most = 6;

/** How well a text fits what is looked for: null for not at all, less is better. */
export function fit(text: string, wanted: string): number | null {
  if (wanted === "") return 0;
  const at = text.toLowerCase().indexOf(wanted);
  if (at >= 0) return at === 0 ? 0 : /[\s/._-]/.test(text.charAt(at - 1)) ? 1 : 2;
  let from = 0;
  for (const letter of wanted) {
    from = text.toLowerCase().indexOf(letter, from) + 1;
    if (from === 0) return null;
  }
  return wanted.length > 2 ? 5 : null;
}

function best(entries: Entry[], wanted: string): Entry[] {
  return entries
    .map((entry) => ({ entry, rank: fit(`${entry.label} ${entry.says}`, wanted) }))
    .filter((found): found is { entry: Entry; rank: number } => found.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ entry }) => entry);
}

/** Traces by id first, then what fits, then searching for the text itself. */
export function entriesFor(text: string, known: Known): Entry[] {
  const typed = text.trim();
  const wanted = typed.toLowerCase();
  const id = /^[0-9a-f]{32}$/.test(wanted) ? [{ id: "trace", group: "Trace", label: wanted, says: "open it", to: "/traces/$traceId", params: { traceId: wanted } }] : [];
  const pages = known.pages.map(({ path, title }): Entry => ({ id: path, group: "Pages", label: title, says: "", to: path }));
  const services = known.services.map((name): Entry => ({ id: `service ${name}`, group: "Services", label: name, says: "service", to: "/services/$name", params: { name } }));
  const operations = known.operations.map((one): Entry => ({ id: `operation ${one.service_name} ${one.operation_name} ${one.kind}`, group: "Operations", label: one.operation_name, says: one.service_name, to: "/traces", search: { filter: `${equals("service", one.service_name)} ${equals("name", one.operation_name)}` } }));
  const past = (["traces", "logs"] as const).flatMap((signal) => known.past[signal].map((filter): Entry => ({ id: `${signal} ${filter}`, group: "Asked before", label: filter, says: signal, to: `/${signal}`, search: { filter } })));
  const ask = typed === "" || id.length > 0 ? [] : (["traces", "logs"] as const).map((signal): Entry => ({ id: `ask ${signal}`, group: "Search", label: typed, says: `in ${signal}`, to: `/${signal}`, search: { filter: typed } }));
  return [...id, ...best(pages, wanted), ...best(past, wanted), ...best(services, wanted), ...(wanted === "" ? [] : best(operations, wanted)), ...ask];
}
