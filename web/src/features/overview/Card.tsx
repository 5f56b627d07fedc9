/** Owns the frame of a panel on the overview. */
import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./OverviewPage.module.css";

type Props = { title: string; note?: ReactNode; waiting?: boolean; flush?: boolean; size?: "wide" | "slim"; children: ReactNode };

/** A titled panel; while `waiting` a grey block stands for its content, `flush` content reaches the edges. */
export function Card({ title, note, waiting = false, flush = false, size, children }: Props) {
  return (
    <section className={classes.card} data-wide={size === "wide" || undefined} data-slim={size === "slim" || undefined} aria-label={title}>
      <h2 className={classes.cardTitle}>
        {title}
        {note !== undefined && <span className={classes.cardNote}>{note}</span>}
      </h2>
      <div className={classes.cardBody} data-flush={flush || undefined}>{waiting ? <Skeleton height={150} radius="sm" m={flush ? 12 : 0} w="auto" /> : children}</div>
    </section>
  );
}
