/** Owns asking what could be written at the caret, a moment after each change; late answers are dropped. */
import { useEffect, useRef, useState } from "react";
import { writingAt } from "../lib/filterTokens";
import type { Completer, Suggestions } from "../lib/suggestions";

const pauseMs = 120;
const nothing: Suggestions = { list: [], counted: 0, total: 0 };

/** What could be written at `caret` of `text`, while `on`. */
export function useSuggestions(complete: Completer, text: string, caret: number, on: boolean): Suggestions {
  const [found, setFound] = useState(nothing);
  const latest = useRef(complete);
  useEffect(() => {
    latest.current = complete;
  }, [complete]);
  useEffect(() => {
    if (!on) return;
    let current = true;
    const timer = setTimeout(() => {
      latest.current(writingAt(text, caret)).then(
        (answer) => current && setFound(answer),
        () => current && setFound(nothing),
      );
    }, pauseMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, caret, on]);
  return on ? found : nothing;
}
