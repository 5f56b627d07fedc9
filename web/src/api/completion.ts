/** Owns what the filter's editor is offered: fields, attribute keys and values with their counts, conditioned on what is already said. */
import type { QueryClient } from "@tanstack/react-query";
import { fieldsOf, type Signal, usualValues } from "../lib/filterFields";
import type { Completer, Suggestion, Suggestions } from "../lib/suggestions";
import type { Writing } from "../lib/filterTokens";
import { ApiError, get, type Params } from "./client";
import { keysQuery, valuesQuery } from "./queries";
import type { FacetsResponse } from "./types";

const isOrigin = /^(telemetry|service|host|os|process)\./;
const isRefused = (error: unknown) => error instanceof ApiError && error.status === 400;

async function keys(client: QueryClient, signal: Signal, prefix: string, range: Params): Promise<Suggestions> {
  const wanted = prefix.toLowerCase();
  const fields = fieldsOf[signal]
    .filter(({ name }) => name.includes(wanted))
    .sort((a, b) => Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted)))
    .map(({ name, takes, says }): Suggestion => ({ label: name, insert: `${name}:`, says: `${takes} · ${says}`, count: null, kind: "field", whole: false }));
  const found = await client.fetchQuery(keysQuery({ signal, prefix, limit: 40, ...range }));
  // what every record says of its origin tells little: it comes last until it is asked for
  const ranked = prefix === "" ? [...found.keys].sort((a, b) => Number(isOrigin.test(a.key)) - Number(isOrigin.test(b.key))) : found.keys;
  const attributes = ranked.map(({ key, term, count }): Suggestion => ({ label: key, insert: `${term}:`, says: "", count, kind: "attribute", whole: false }));
  return { list: [...fields.slice(0, prefix === "" ? 6 : 8), ...attributes], counted: found.counted, total: found.total };
}

/** The counted values; of the range alone where the rest of the filter cannot be read yet. */
async function counted(client: QueryClient, params: Params, rest: string): Promise<FacetsResponse> {
  try {
    return await client.fetchQuery(valuesQuery({ ...params, filter: rest }));
  } catch (error) {
    if (rest === "" || !isRefused(error)) throw error;
    return client.fetchQuery(valuesQuery(params));
  }
}

async function values(client: QueryClient, signal: Signal, writing: Extract<Writing, { kind: "value" }>, range: Params): Promise<Suggestions> {
  const usual = (usualValues[writing.key] ?? []).map((value): Suggestion => ({ label: value, insert: `${writing.key}:${value}`, says: "", count: null, kind: "value", whole: true }));
  const fitting = usual.filter(({ label }) => label.toLowerCase().includes(writing.prefix.toLowerCase()));
  try {
    const found = await counted(client, { signal, key: writing.key, prefix: writing.prefix, limit: 30, ...range }, writing.rest);
    const list = (found.facets[0]?.values ?? []).map(({ value, count, term }): Suggestion => ({ label: String(value), insert: term, says: "", count, kind: "value", whole: true }));
    return { list: [...list, ...fitting], counted: found.counted, total: found.total };
  } catch (error) {
    if (!isRefused(error)) throw error;
    return { list: fitting, counted: 0, total: 0 };
  }
}

/** Answers with what could be written, for one kind of record in one time range. */
export const makeCompleter =
  (client: QueryClient, signal: Signal, range: Params): Completer =>
  (writing) =>
    writing.kind === "key" ? keys(client, signal, writing.prefix, range) : values(client, signal, writing, range);

/** What the server says against a filter; null when it can be read. Costs the server next to nothing: no record lies in the range. */
export async function refusalOf(signal: Signal, filter: string): Promise<string | null> {
  if (filter.trim() === "") return null;
  try {
    await get("/api/attributes/keys", { signal, filter, limit: 1, start: "1", end: "2" });
    return null;
  } catch (error) {
    if (isRefused(error)) return (error as ApiError).message;
    return null;
  }
}
