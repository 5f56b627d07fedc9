/** Owns walking a list with the keyboard: j and k move, Enter opens. */
import { useHotkeys } from "@mantine/hooks";
import { useState } from "react";

type Options = { count: number; onMove: (index: number) => void; onOpen: (index: number) => void };

/** The row under the keyboard, -1 for none; keys typed into fields do not count. */
export function useRowCursor({ count, onMove, onOpen }: Options): [number, (index: number) => void] {
  const [cursor, setCursor] = useState(-1);
  const at = Math.min(cursor, count - 1);
  const move = (step: number) => {
    if (count === 0) return;
    const next = Math.max(0, Math.min(count - 1, at + step));
    setCursor(next);
    onMove(next);
  };
  useHotkeys([
    ["j", () => move(1)],
    ["k", () => move(-1)],
    ["Enter", () => at >= 0 && onOpen(at), { preventDefault: false }],
  ]);
  return [at, setCursor];
}
