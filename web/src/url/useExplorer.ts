/** Owns what the explorer pages keep in the address besides the time range: the filter, what traces are like as a whole, order, columns and choice. */
import { useCallback, useMemo } from "react";
import { withTerm } from "../lib/filterEdit";
import { oneOf, words } from "../lib/filterText";
import { type FlatSearch, many, one, useSearchParams } from "./useSearchParams";

export type Explorer = {
  /** In the filter language; `service`, `severity` and `search` of a link are read into it. */
  filter: string;
  status: string;
  minDuration: string;
  maxDuration: string;
  sortBy: string;
  descending: boolean;
  columns: string[];
  picked: string[];
};

export const noConditions = { filter: "", status: "", minDuration: "", maxDuration: "" } satisfies Partial<Explorer>;

function filterOf(search: FlatSearch): string {
  const said = [oneOf("service", many(search.service)), oneOf("severity", many(search.severity)), words(one(search.search) ?? "")];
  return said.filter((term) => term !== "").reduce(withTerm, one(search.filter) ?? "");
}

const fromSearch = (search: FlatSearch): Explorer => ({
  filter: filterOf(search),
  status: one(search.status) ?? "",
  minDuration: one(search.min) ?? "",
  maxDuration: one(search.max) ?? "",
  sortBy: one(search.sort) ?? "start_time",
  descending: one(search.order) !== "asc",
  columns: many(search.col),
  picked: many(search.pick),
});

function toSearch(patch: Partial<Explorer>): FlatSearch {
  const search: FlatSearch = {};
  if (patch.filter !== undefined) Object.assign(search, { filter: patch.filter || undefined, service: undefined, severity: undefined, search: undefined });
  if (patch.status !== undefined) search.status = patch.status || undefined;
  if (patch.minDuration !== undefined) search.min = patch.minDuration || undefined;
  if (patch.maxDuration !== undefined) search.max = patch.maxDuration || undefined;
  if (patch.sortBy !== undefined) search.sort = patch.sortBy === "start_time" ? undefined : patch.sortBy;
  if (patch.descending !== undefined) search.order = patch.descending ? undefined : "asc";
  if (patch.columns !== undefined) search.col = patch.columns;
  if (patch.picked !== undefined) search.pick = patch.picked;
  return search;
}

/** True when something narrows the list besides the time range. */
export const isNarrowed = ({ filter, status, minDuration, maxDuration }: Explorer): boolean => [filter, status, minDuration, maxDuration].some((text) => text !== "");

/** The page's part of the address and a way to change some of it; a changed filter is a step to go back to. */
export function useExplorer(): [Explorer, (patch: Partial<Explorer>) => void] {
  const [search, change] = useSearchParams();
  const explorer = useMemo(() => fromSearch(search), [search]);
  const set = useCallback((patch: Partial<Explorer>) => change(toSearch(patch), patch.filter !== undefined), [change]);
  return [explorer, set];
}
