/** Owns the keys of the attributes that a person wants on top in every span, in this browser. */
import { useLocalStorage } from "@mantine/hooks";
import { useCallback } from "react";

/** The pinned keys, and a way to pin or unpin one. */
export function usePinnedAttributes(): [string[], (key: string) => void] {
  const [pinned, setPinned] = useLocalStorage<string[]>({ key: "argus-pinned-attributes", defaultValue: [], getInitialValueInEffect: false });
  const toggle = useCallback((key: string) => setPinned((before) => (before.includes(key) ? before.filter((one) => one !== key) : [...before, key])), [setPinned]);
  return [pinned, toggle];
}
