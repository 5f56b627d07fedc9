/** Owns a number that says how things are, beside the one of the period before. */
import { ArrowDownRight, ArrowUpRight, Equal } from "lucide-react";
import type { ReactNode } from "react";
import type { Trend } from "../lib/trend";
import { Sparkline } from "./Sparkline";
import classes from "./Tiles.module.css";

const arrows = { up: ArrowUpRight, down: ArrowDownRight, same: Equal };

function Change({ trend, was }: { trend: Trend | null; was: string | null }) {
  if (trend === null) return null;
  const Arrow = arrows[trend.direction];
  return (
    <span className={classes.change} data-worse={trend.worse || undefined} title={was === null ? undefined : `The period before: ${was}`}>
      <Arrow size={13} role="img" aria-label={trend.direction === "same" ? "unchanged" : trend.direction} /> {trend.text}
    </span>
  );
}

export type TileProps = { name: string; value: string; note: string; trend: Trend | null; was: string | null; line?: number[]; color?: string; bad?: boolean };

export function Tile({ name, value, note, trend, was, line, color, bad = false }: TileProps) {
  return (
    <div className={classes.tile}>
      <dt>{name}</dt>
      <dd data-bad={bad || undefined}>
        {value}
        <Change trend={trend} was={was} />
      </dd>
      <dd className={classes.note}>
        {note}
        {line !== undefined && (
          <span className={classes.line}>
            <Sparkline values={line} width={84} height={26} color={color} />
          </span>
        )}
      </dd>
    </div>
  );
}

/** Tiles side by side. */
export function TileRow({ children }: { children: ReactNode }) {
  return <dl className={classes.tiles}>{children}</dl>;
}
