/** Owns the line between names and bars, dragged or moved with the arrow keys. */
import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import classes from "./Waterfall.module.css";

export function Divider({ width, onWidth }: { width: number; onWidth: (width: number | null) => void }) {
  const grip = useRef<{ x: number; width: number } | null>(null);
  const down = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    grip.current = { x: event.clientX, width };
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (grip.current !== null) onWidth(Math.max(140, grip.current.width + event.clientX - grip.current.x));
  };
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === "ArrowLeft" ? -24 : event.key === "ArrowRight" ? 24 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(Math.max(140, width + step));
  };
  return (
    <div
      className={classes.divider}
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the name column"
      aria-valuenow={width}
      aria-valuemin={140}
      tabIndex={0}
      title="Drag to resize, double-click to fit"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={() => (grip.current = null)}
      onDoubleClick={() => onWidth(null)}
      onKeyDown={press}
    />
  );
}
