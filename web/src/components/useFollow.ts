/** Owns following a plain link within the app, for lists of so many links that each may cost next to nothing. */
import { useRouter } from "@tanstack/react-router";
import { type MouseEvent, useCallback } from "react";

/** A click handler for `<a href>`: a plain click changes the page in place, any other is left to the browser; what lies around the link hears of neither. */
export function useFollow(): (event: MouseEvent<HTMLAnchorElement>) => void {
  const { history } = useRouter();
  return useCallback(
    (event) => {
      event.stopPropagation();
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      history.push(event.currentTarget.getAttribute("href") ?? "/");
    },
    [history],
  );
}
