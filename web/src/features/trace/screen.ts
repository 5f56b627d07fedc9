/** Owns which rows of the waterfall are on screen, for those who follow it: at once, or when the scrolling has come to rest. */
import { useEffect, useState, useSyncExternalStore } from "react";

const restMs = 120;

/** Kept outside of what is drawn, so that a step of the waterfall draws its new rows and nothing beside it. */
export class Screen {
  rows: number[] = [];
  private readonly listeners = new Set<() => void>();

  readonly show = (rows: number[]): void => {
    this.rows = rows;
    for (const listener of this.listeners) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export const useOnScreen = (screen: Screen): number[] => useSyncExternalStore(screen.subscribe, () => screen.rows);

/** The rows on screen once they have been the same for a moment. */
export function useSettled(screen: Screen): number[] {
  const [settled, setSettled] = useState(screen.rows);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => setSettled(screen.rows), restMs);
    };
    later();
    const end = screen.subscribe(later);
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [screen]);
  return settled;
}
