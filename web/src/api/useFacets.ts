/** Owns asking for facets: a field's own choice does not narrow its own values, so that others stay in sight. */
import { useLocalStorage } from "@mantine/hooks";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { withoutField } from "../lib/filterEdit";
import type { Signal } from "../lib/filterFields";
import { filterFault, type Params } from "./client";
import { facetsQuery, keysQuery } from "./queries";
import type { Facet } from "./types";

/** A field with its values; null while they are on their way. `partial` says how many records were counted, when not all. */
export type FacetGroup = { field: string; facet: Facet | null; error: Error | null; partial: { counted: number; total: number } | null };

function useGroups(signal: Signal, fields: string[], filter: string, conditions: Params): { groups: FacetGroup[]; onRetry: () => void } {
  const own = fields.filter((field) => withoutField(filter, field) !== filter);
  const shared = fields.filter((field) => !own.includes(field));
  const common = useQuery({ ...facetsQuery(signal, { ...conditions, filter, field: shared }), enabled: shared.length > 0 });
  const single = useQueries({ queries: own.map((field) => facetsQuery(signal, { ...conditions, filter: withoutField(filter, field), field })) });
  const groups = fields.map((field): FacetGroup => {
    const query = own.includes(field) ? single[own.indexOf(field)] : common;
    const data = query?.data;
    const partial = data !== undefined && data.counted < data.total ? { counted: data.counted, total: data.total } : null;
    return { field, facet: data?.facets.find((facet) => facet.field === field) ?? null, error: query?.error ?? null, partial };
  });
  const onRetry = () => {
    void common.refetch();
    for (const query of single) void query.refetch();
  };
  // a filter that cannot be read is told where it is written
  const unread = [common, ...single].some((query) => filterFault(query.error) !== null);
  return { groups: unread ? [] : groups, onRetry };
}

/** The facets of one kind of record: the usual fields, and those that a person added in this browser; keys are asked for once they are wanted. */
export function useFacets(signal: Signal, { usual, first }: { usual: string[]; first: string[] }, filter: string, conditions: Params) {
  const [added, setAdded] = useLocalStorage<string[]>({ key: `argus-facets-${signal}`, defaultValue: first, getInitialValueInEffect: false });
  const [wanted, setWanted] = useState(false);
  const found = useQuery({ ...keysQuery({ signal, limit: 200, ...conditions }), enabled: wanted });
  const onAdd = (field: string) => setAdded((before) => (before.includes(field) ? before.filter((one) => one !== field) : [...before, field]));
  const keys = found.data?.keys.map(({ term, count }) => ({ key: term, count })) ?? [];
  return { ...useGroups(signal, [...usual, ...added], filter, conditions), added, keys, onAdd, onWantKeys: () => setWanted(true) };
}
