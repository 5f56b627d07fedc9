/** Owns a small line without axes that shows how a number went. */
import { useId } from "react";

/** Decoration beside a number: it says nothing that the number's own text does not start with. */
export function Sparkline({ values, width = 90, height = 24, color = "var(--argus-bar)" }: { values: number[]; width?: number; height?: number; color?: string }) {
  const id = useId();
  const top = Math.max(...values, 0);
  if (values.length < 2 || top === 0) return <svg width={width} height={height} aria-hidden="true" />;
  const points = values.map((value, at) => `${((at / (values.length - 1)) * width).toFixed(1)},${(height - 1.5 - (value / top) * (height - 3)).toFixed(1)}`);
  return (
    <svg width={width} height={height} aria-hidden="true">
      <linearGradient id={id} x1="0" x2="0" y1="0" y2="1">
        <stop offset="0" stopColor={color} stopOpacity="0.35" />
        <stop offset="1" stopColor={color} stopOpacity="0" />
      </linearGradient>
      <polygon points={`0,${height} ${points.join(" ")} ${width},${height}`} fill={`url(#${id})`} />
      <polyline points={points.join(" ")} fill="none" stroke={color} strokeWidth="1.5" strokeLinejoin="round" />
    </svg>
  );
}
