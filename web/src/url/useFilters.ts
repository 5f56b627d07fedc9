/** Owns the filters of the list pages in the address. */
import { useMemo } from "react";
import { type FlatSearch, many, one, useSearchParams } from "./useSearchParams";

export type Filters = {
  search: string;
  services: string[];
  severities: string[];
  status: string;
  minDuration: string;
  maxDuration: string;
  sortBy: string;
  descending: boolean;
};

export const noFilters = { search: "", services: [], severities: [], status: "", minDuration: "", maxDuration: "" } satisfies Partial<Filters>;

function fromSearch(search: FlatSearch): Filters {
  return {
    search: one(search.search) ?? "",
    services: many(search.service),
    severities: many(search.severity),
    status: one(search.status) ?? "",
    minDuration: one(search.min) ?? "",
    maxDuration: one(search.max) ?? "",
    sortBy: one(search.sort) ?? "start_time",
    descending: one(search.order) !== "asc",
  };
}

const names: Record<keyof Filters, string> = {
  search: "search",
  services: "service",
  severities: "severity",
  status: "status",
  minDuration: "min",
  maxDuration: "max",
  sortBy: "sort",
  descending: "order",
};

function toSearch(patch: Partial<Filters>): FlatSearch {
  const search: FlatSearch = {};
  for (const [field, value] of Object.entries(patch) as [keyof Filters, Filters[keyof Filters]][]) {
    if (typeof value === "boolean") search[names[field]] = value ? undefined : "asc";
    else search[names[field]] = value.length === 0 || value === "start_time" ? undefined : value;
  }
  return search;
}

/** True when something narrows the list besides the time range. */
export const isFiltered = (filters: Filters): boolean =>
  filters.search !== "" || filters.services.length > 0 || filters.severities.length > 0 || filters.status !== "" || filters.minDuration !== "" || filters.maxDuration !== "";

/** The page's filters and a way to change some of them. */
export function useFilters(): [Filters, (patch: Partial<Filters>) => void] {
  const [search, change] = useSearchParams();
  const filters = useMemo(() => fromSearch(search), [search]);
  return [filters, (patch) => change(toSearch(patch))];
}
