/** Owns zooming with the mouse on the bars: dragging chooses a part, Ctrl and wheel zooms at the pointer. */
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { View } from "./useTimeline";

type Props = { scroller: RefObject<HTMLDivElement | null>; left: number; width: number; view: View; durationUs: number; onView: (view: View | null) => void };

const leastDrag = 5;
const leastUs = 1;

/** A view within the trace; null when it is all of it. */
export function bounded(from: number, to: number, durationUs: number): View | null {
  const end = Math.max(durationUs, 1);
  const view = { from: Math.max(0, Math.min(from, end - leastUs)), to: Math.min(end, Math.max(to, from + leastUs)) };
  return view.from <= 0 && view.to >= end ? null : view;
}

/** `left` is where the track begins within the scroller, `width` how wide it is, in pixels. */
export function useTrackDrag({ scroller, left, width, view, durationUs, onView }: Props) {
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null);
  const anchor = useRef<number | null>(null);
  const dragged = useRef(false);
  const length = view.to - view.from;
  const place = (clientX: number, box: DOMRect) => Math.max(0, Math.min(width, clientX - box.left - left));

  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const share = place(event.clientX, box.getBoundingClientRect()) / width;
      const next = length * Math.exp(Math.max(-80, Math.min(80, event.deltaY)) * 0.006);
      const middle = view.from + length * share;
      onView(bounded(middle - next * share, middle + next * (1 - share), durationUs));
    };
    box.addEventListener("wheel", wheel, { passive: false });
    return () => box.removeEventListener("wheel", wheel);
  });

  const end = () => {
    if (brush !== null) onView(bounded(view.from + (brush.from / width) * length, view.from + (brush.to / width) * length, durationUs));
    dragged.current = brush !== null;
    anchor.current = null;
    setBrush(null);
  };
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      dragged.current = false;
      const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
      if (event.pointerType === "mouse" && event.button === 0 && x >= 0 && x <= width) anchor.current = x;
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      if (anchor.current === null) return;
      const x = place(event.clientX, event.currentTarget.getBoundingClientRect());
      if (brush === null && Math.abs(x - anchor.current) < leastDrag) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setBrush({ from: Math.min(anchor.current, x), to: Math.max(anchor.current, x) });
    },
    onPointerUp: end,
    onPointerCancel: () => {
      anchor.current = null;
      setBrush(null);
    },
    /** A click that ends a drag chooses no row. */
    onClickCapture: (event: { stopPropagation: () => void }) => {
      if (dragged.current) event.stopPropagation();
      dragged.current = false;
    },
  };
  return { brush, handlers };
}
