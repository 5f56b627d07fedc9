/** Owns asking for facets: a field's own choice does not narrow its own values, so that others stay in sight. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { withoutField } from "../lib/filterEdit";
import type { Signal } from "../lib/filterFields";
import { filterFault, type Params } from "./client";
import { facetsQuery } from "./queries";
import type { Facet } from "./types";

/** A field with its values; null while they are on their way. `partial` says how many records were counted, when not all. */
export type FacetGroup = { field: string; facet: Facet | null; error: Error | null; partial: { counted: number; total: number } | null };

export function useFacets(signal: Signal, fields: string[], filter: string, conditions: Params, enabled: boolean): { groups: FacetGroup[]; retry: () => void } {
  const own = fields.filter((field) => withoutField(filter, field) !== filter);
  const shared = fields.filter((field) => !own.includes(field));
  const common = useQuery({ ...facetsQuery(signal, { ...conditions, filter, field: shared }), enabled: enabled && shared.length > 0 });
  const single = useQueries({ queries: own.map((field) => ({ ...facetsQuery(signal, { ...conditions, filter: withoutField(filter, field), field }), enabled })) });
  const groups = fields.map((field): FacetGroup => {
    const query = own.includes(field) ? single[own.indexOf(field)] : common;
    const data = query?.data;
    const partial = data !== undefined && data.counted < data.total ? { counted: data.counted, total: data.total } : null;
    return { field, facet: data?.facets.find((facet) => facet.field === field) ?? null, error: query?.error ?? null, partial };
  });
  const retry = () => {
    void common.refetch();
    for (const query of single) void query.refetch();
  };
  // a filter that cannot be read is told where it is written
  const unread = [common, ...single].some((query) => filterFault(query.error) !== null);
  return { groups: unread ? [] : groups, retry };
}
