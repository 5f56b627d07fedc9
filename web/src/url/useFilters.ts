/** Owns the choice of services in the address, for pages of numbers. */
import { useMemo } from "react";
import { many, useSearchParams } from "./useSearchParams";

export type Filters = { services: string[] };

/** The page's services and a way to change them. */
export function useFilters(): [Filters, (patch: Partial<Filters>) => void] {
  const [search, change] = useSearchParams();
  const filters = useMemo(() => ({ services: many(search.service) }), [search.service]);
  return [filters, ({ services }) => change({ service: services })];
}
