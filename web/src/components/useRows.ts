/** Owns which rows of a long list exist: all are equally high, and only those on screen and a few around them are drawn. */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";

export type Align = "auto" | "center";
type Options = { count: number; rowHeight: number };
/** Rows `first` up to but not including `end` are to be drawn, each `rowHeight` pixels below the one before; all together are `height` pixels high. `scroller` is the box that they scroll in, and it is at most `width` pixels wide. */
export type Rows = { scroller: RefObject<HTMLDivElement | null>; first: number; end: number; height: number; width: number; scrollTo: (row: number, align?: Align) => void };

/** Rows kept ready on both sides. */
const spare = 12;
/** The list is drawn anew each time so many have passed. */
const step = 4;
/** How exactly the width is known: a list is not drawn anew with each pixel of a window that grows. */
const widthStep = 64;
const nothing = { block: 0, seen: 0, width: 0 };

/** Follows the scrolling of a box. A step is drawn before it is painted, so that nothing is ever blank. */
export function useRows({ count, rowHeight }: Options): Rows {
  const scroller = useRef<HTMLDivElement>(null);
  const [{ block, seen, width }, setShown] = useState(nothing);
  const shown = useRef(nothing);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    let { clientHeight, clientWidth } = box;
    const changed = () => {
      const next = { block: Math.floor(box.scrollTop / rowHeight / step), seen: Math.ceil(clientHeight / rowHeight), width: Math.ceil(clientWidth / widthStep) * widthStep };
      if (next.block === shown.current.block && next.seen === shown.current.seen && next.width === shown.current.width) return false;
      shown.current = next;
      return true;
    };
    const scrolled = () => {
      if (changed()) flushSync(() => setShown(shown.current));
    };
    const sizes = new ResizeObserver(() => {
      ({ clientHeight, clientWidth } = box);
      if (changed()) setShown(shown.current);
    });
    if (changed()) setShown(shown.current);
    sizes.observe(box);
    box.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", scrolled);
    };
  }, [rowHeight]);

  const scrollTo = useCallback(
    (row: number, align: Align = "auto") => {
      const box = scroller.current;
      if (box === null) return;
      const [top, room] = [row * rowHeight, box.clientHeight];
      if (align === "center") box.scrollTop = top - (room - rowHeight) / 2;
      else if (top < box.scrollTop) box.scrollTop = top;
      else if (top + rowHeight > box.scrollTop + room) box.scrollTop = top + rowHeight - room;
    },
    [rowHeight],
  );
  const end = Math.min(count, (block + 1) * step + seen + spare);
  // a list that has become shorter is drawn to its end until the box says where it stands now
  const first = Math.max(0, Math.min(block * step - spare, end - seen));
  return { scroller, first, end, height: count * rowHeight, width, scrollTo };
}
