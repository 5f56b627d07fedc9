/** Owns the canvas of the flame graph: painting what is in view, pointer and keyboard. */
import { useComputedColorScheme } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { counted } from "../../lib/count";
import { frameAt, type Frames, neighbour } from "../../lib/flame";
import type { SpanTree } from "../../lib/spanTree";
import classes from "./FlameGraph.module.css";
import { frameHeight, paintFlame, type Window } from "./paintFlame";

type Props = { tree: SpanTree; frames: Frames; part: Window; marked: number; dimmed: ((frame: number) => boolean) | null; onHover: (frame: number) => void; onMark: (frame: number) => void; onZoom: (frame: number) => void };

export function FlameCanvas({ tree, frames, part, marked, dimmed, onHover, onMark, onZoom }: Props) {
  const scheme = useComputedColorScheme("light");
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const box = useElementSize();
  const ref = useMergedRef(box.ref, scroller);
  const [scrollTop, setScrollTop] = useState(0);
  const { width, height } = box;
  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    const drawn = requestAnimationFrame(() => canvas.current !== null && paintFlame(canvas.current, { tree, frames, window: part, width, height, scrollTop, marked, dimmed }));
    return () => cancelAnimationFrame(drawn);
  }, [tree, frames, part, width, height, scrollTop, marked, dimmed, scheme]);
  const under = (event: MouseEvent<HTMLDivElement>) => {
    const edges = event.currentTarget.getBoundingClientRect();
    const share = part.from + ((event.clientX - edges.left) / Math.max(width, 1)) * (part.to - part.from);
    return frameAt(frames, share, Math.floor((event.clientY - edges.top + scrollTop) / frameHeight));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key.startsWith("Arrow")) {
      const next = neighbour(frames, marked, event.key);
      onMark(next);
      const top = (frames.levels[next] ?? 0) * frameHeight;
      if (top < scrollTop || top > scrollTop + height - frameHeight) scroller.current?.scrollTo({ top: Math.max(0, top - height / 2) });
    } else if (event.key === "Enter") onZoom(marked);
    else if (event.key === "Escape") onZoom(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- an application handles its own keys and pointer
    <div
      ref={ref}
      className={classes.stage}
      role="application"
      aria-roledescription="flame graph"
      aria-label={`Flame graph of ${counted(frames.size, "frame")}; arrows walk, Enter zooms, Escape shows all`}
      tabIndex={0}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onMouseMove={(event) => onHover(under(event))}
      onMouseLeave={() => onHover(-1)}
      onClick={(event) => onZoom(under(event))}
      onKeyDown={press}
    >
      <canvas ref={canvas} className={classes.canvas} style={{ width, height }} />
      <div style={{ height: Math.max(0, frames.depth * frameHeight + 24 - height), width: 1 }} />
    </div>
  );
}
