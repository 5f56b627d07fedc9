/** Owns reading and writing the address' query: flat keys, lists as repeated keys, nothing empty. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type FlatSearch = Record<string, string | string[] | undefined>;

/** The query string of an address as a flat record; a repeated key becomes a list. */
export function parseSearch(text: string): FlatSearch {
  const found: FlatSearch = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = found[key];
    found[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return found;
}

/** The inverse of `parseSearch`, with its question mark. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === "string" && one !== "") params.append(key, one);
    }
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

export const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
export const many = (value: string | string[] | undefined): string[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** The page's query and a way to change some of its keys in place; `push` leaves a step to go back to. */
export function useSearchParams(): [FlatSearch, (patch: FlatSearch, push?: boolean) => void] {
  const search = useSearch({ strict: false }) as FlatSearch;
  const navigate = useNavigate();
  const change = useCallback(
    (patch: FlatSearch, push = false) => {
      void navigate({ to: ".", search: ((before: FlatSearch) => ({ ...before, ...patch })) as never, replace: !push });
    },
    [navigate],
  );
  return [search, change];
}
