/** Owns the time range in the address. */
import { useCallback, useMemo } from "react";
import { parseRange, rangeParams, type TimeRange } from "../lib/timeRange";
import { one, useSearchParams } from "./useSearchParams";

/** The page's time range, relative as long as it was chosen relative, and its setter. */
export function useTimeRange(): [TimeRange, (range: TimeRange) => void] {
  const [search, change] = useSearchParams();
  const [range, start, end] = [one(search.range), one(search.start), one(search.end)];
  const value = useMemo(() => parseRange({ range, start, end }), [range, start, end]);
  const set = useCallback(
    (next: TimeRange) => change({ range: undefined, start: undefined, end: undefined, ...rangeParams(next) }, true),
    [change],
  );
  return [value, set];
}
