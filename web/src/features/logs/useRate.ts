/** Owns the rate of a counter that grows. */
import { useEffect, useRef, useState } from "react";

const everyMs = 1_000;
const windowSize = 5;

/** How much `total` grew per second, over the last five seconds. */
export function useRate(total: number): number {
  const latest = useRef(total);
  const [rate, setRate] = useState(0);
  useEffect(() => {
    latest.current = total;
  }, [total]);
  useEffect(() => {
    const seen = [latest.current];
    const timer = setInterval(() => {
      seen.push(latest.current);
      if (seen.length > windowSize + 1) seen.shift();
      const grown = latest.current - (seen[0] ?? 0);
      setRate(Math.max(0, (grown / (seen.length - 1)) * (1000 / everyMs)));
    }, everyMs);
    return () => clearInterval(timer);
  }, []);
  return rate;
}
