/** Owns the clock that relative times are read against. */
import { useEffect, useState } from "react";

/** The current time in milliseconds, renewed every `everyMs` while the tab is visible. */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
