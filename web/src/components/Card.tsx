/** Owns the frame of a panel among others on a page of numbers. */
import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Card.module.css";

type Props = { title: string; note?: ReactNode; waiting?: boolean; flush?: boolean; size?: "slim"; children: ReactNode };

/** A titled panel; while `waiting` a grey block stands for its content, `flush` content reaches the edges. */
export function Card({ title, note, waiting = false, flush = false, size, children }: Props) {
  return (
    <section className={classes.card} data-slim={size === "slim" || undefined} aria-label={title}>
      <h2 className={classes.cardTitle}>
        {title}
        {note !== undefined && <span className={classes.cardNote}>{note}</span>}
      </h2>
      <div className={classes.cardBody} data-flush={flush || undefined}>{waiting ? <Skeleton height={150} radius="sm" m={flush ? 12 : 0} w="auto" /> : children}</div>
    </section>
  );
}

/** Cards in the columns that the page has room for. */
export function CardGrid({ children }: { children: ReactNode }) {
  return <div className={classes.grid}>{children}</div>;
}

/** Cards one above the other within a grid. */
export function CardColumn({ slim = false, children }: { slim?: boolean; children: ReactNode }) {
  return (
    <div className={classes.column} data-slim={slim || undefined}>
      {children}
    </div>
  );
}
