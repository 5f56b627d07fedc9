/** Owns the picture of the whole trace above the waterfall; dragging on it zooms. */
import { Button, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import { paletteSize, serviceSlot } from "../../lib/colors";
import { formatDuration } from "../../lib/duration";
import { endOf, hasFailed, isSpan, type SpanTree } from "../../lib/spanTree";
import classes from "./Minimap.module.css";
import { type Screen, useOnScreen } from "./screen";
import type { View } from "./useTimeline";

const height = 52;
/** Of very many leaves only so many are drawn; what fails and what calls always is. */
const drawnAtMost = 20_000;

function paint(canvas: HTMLCanvasElement, tree: SpanTree, width: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const ratio = window.devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const colors = Array.from({ length: paletteSize }, (_, slot) => style.getPropertyValue(`--service-${slot}`));
  const red = style.getPropertyValue("--argus-error");
  const row = (height - 8) / Math.max(tree.spanCount, 1);
  const scale = width / Math.max(tree.durationUs, 1);
  const slots = tree.serviceNames.map(serviceSlot);
  const bar = (at: number, order: number, color: string, least: number) => {
    context.fillStyle = color;
    context.fillRect((tree.starts[at] ?? 0) * scale, 4 + order * row, Math.max((tree.durations[at] ?? 0) * scale, least), Math.min(Math.max(row - 0.4, 1), 4));
  };
  const step = Math.ceil(tree.spanCount / drawnAtMost);
  const failed: [at: number, order: number][] = [];
  let order = 0;
  for (let at = 0; at < tree.size; at += 1) {
    if (!isSpan(tree, at)) continue;
    if (hasFailed(tree, at)) failed.push([at, order]);
    if (order % step === 0 || endOf(tree, at) > at + 1) bar(at, order, colors[slots[tree.services[at] ?? 0] ?? 0] ?? red, 1);
    order += 1;
  }
  for (const [at, place] of failed) bar(at, place, red, 4);
}

/** The part of the trace that the waterfall shows. */
function Window({ tree, screen }: { tree: SpanTree; screen: Screen }) {
  const rows = useOnScreen(screen);
  if (rows.length === 0 || rows.length >= tree.size) return null;
  return <span className={classes.window} style={{ top: `${((rows[0] ?? 0) / tree.size) * 100}%`, bottom: `${(1 - ((rows.at(-1) ?? 0) + 1) / tree.size) * 100}%` }} />;
}

type Props = { tree: SpanTree; screen: Screen; view: View; zoomed: boolean; onView: (view: View | null) => void };

export function Minimap({ tree, screen, view, zoomed, onView }: Props) {
  const scheme = useComputedColorScheme("light");
  const canvas = useRef<HTMLCanvasElement>(null);
  const { ref: area, width } = useElementSize();
  const [brush, setBrush] = useState<{ anchor: number; at: number } | null>(null);
  useEffect(() => {
    if (canvas.current !== null && width > 0) paint(canvas.current, tree, width);
  }, [tree, width, scheme]);
  const share = (event: PointerEvent<HTMLDivElement>) => {
    const edges = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - edges.left) / edges.width));
  };
  const finish = () => {
    if (brush !== null && Math.abs(brush.at - brush.anchor) > 0.004) {
      onView({ from: Math.min(brush.anchor, brush.at) * tree.durationUs, to: Math.max(brush.anchor, brush.at) * tree.durationUs });
    }
    setBrush(null);
  };
  const percent = (value: number) => `${(value / Math.max(tree.durationUs, 1)) * 100}%`;
  return (
    <div className={classes.minimap}>
      <div
        ref={area}
        className={classes.area}
        title="Drag to zoom, double-click to see everything"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setBrush({ anchor: share(event), at: share(event) });
        }}
        onPointerMove={(event) => brush !== null && setBrush({ ...brush, at: share(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setBrush(null)}
        onDoubleClick={() => onView(null)}
      >
        <canvas ref={canvas} className={classes.canvas} aria-hidden="true" />
        <Window tree={tree} screen={screen} />
        {zoomed && (
          <>
            <span className={classes.shade} style={{ left: 0, width: percent(view.from) }} />
            <span className={classes.shade} style={{ left: percent(view.to), right: 0 }} />
          </>
        )}
        {brush !== null && <span className={classes.brush} style={{ left: `${Math.min(brush.anchor, brush.at) * 100}%`, width: `${Math.abs(brush.at - brush.anchor) * 100}%` }} />}
      </div>
      {zoomed && (
        <Button size="compact-xs" variant="default" className={classes.reset} onClick={() => onView(null)}>
          {formatDuration(view.to - view.from)} of {formatDuration(tree.durationUs)} · reset
        </Button>
      )}
    </div>
  );
}
