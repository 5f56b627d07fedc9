/** Owns the picture of the whole trace above the waterfall; dragging on it zooms. */
import { Button, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import { paletteSize, serviceSlot } from "../../lib/colors";
import { formatDuration } from "../../lib/duration";
import type { SpanTree } from "../../lib/spanTree";
import classes from "./Minimap.module.css";
import type { View } from "./useTimeline";

const height = 52;

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
  const row = (height - 8) / Math.max(tree.spans.length, 1);
  const bar = (at: number, color: string, least: number) => {
    const node = tree.spans[at];
    if (node === undefined) return;
    const left = ((node.startUs - tree.startUs) / Math.max(tree.durationUs, 1)) * width;
    const length = ((node.endUs - node.startUs) / Math.max(tree.durationUs, 1)) * width;
    context.fillStyle = color;
    context.fillRect(left, 4 + at * row, Math.max(length, least), Math.min(Math.max(row - 0.4, 1), 4));
  };
  for (const [at, { span }] of tree.spans.entries()) bar(at, colors[serviceSlot(span.service_name)] ?? red, 1);
  for (const [at, { span }] of tree.spans.entries()) if (span.status === "ERROR") bar(at, red, 4);
}

type Props = { tree: SpanTree; view: View; zoomed: boolean; onView: (view: View | null) => void };

export function Minimap({ tree, view, zoomed, onView }: Props) {
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
