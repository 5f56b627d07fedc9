/** Owns the filters a person used before, in this browser. */
import { readLocalStorageValue, useLocalStorage } from "@mantine/hooks";
import { useCallback } from "react";
import type { Signal } from "../lib/filterFields";

const most = 20;
const keyOf = (signal: Signal) => `argus-filters-${signal}`;

/** The filters used before, latest first, and a way to remember one more. */
export function useQueryHistory(signal: Signal): [string[], (filter: string) => void] {
  const [past, setPast] = useLocalStorage<string[]>({ key: keyOf(signal), defaultValue: [], getInitialValueInEffect: false });
  const remember = useCallback(
    (filter: string) => {
      const text = filter.trim();
      if (text !== "") setPast((before) => [text, ...before.filter((one) => one !== text)].slice(0, most));
    },
    [setPast],
  );
  return [past, remember];
}

/** The same list, for a reader that does not follow it. */
export const pastQueries = (signal: Signal): string[] => readLocalStorageValue<string[]>({ key: keyOf(signal), defaultValue: [] }) ?? [];
