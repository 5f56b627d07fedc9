/** Owns the frame of a panel among others on a page of numbers. */
import { Button, Skeleton } from "@mantine/core";
import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Card.module.css";

/** What a card was asked for with, to be asked again when it failed. */
export type Asked = { isError: boolean; error: Error | null; refetch: () => unknown };

function Failed({ asked }: { asked: Asked }) {
  return (
    <div className={classes.failed} role="alert">
      <CircleAlert size={15} aria-hidden="true" />
      <span>This could not be loaded: {asked.error?.message}</span>
      <Button size="compact-xs" variant="default" leftSection={<RotateCw size={12} />} onClick={() => void asked.refetch()}>
        Try again
      </Button>
    </div>
  );
}

type Props = { title: string; note?: ReactNode; waiting?: boolean; asked?: Asked; flush?: boolean; size?: "slim"; children: ReactNode };

/** A titled panel; while `waiting` a grey block stands for its content, or why there is none; `flush` content reaches the edges. */
export function Card({ title, note, waiting = false, asked, flush = false, size, children }: Props) {
  return (
    <section className={classes.card} data-slim={size === "slim" || undefined} aria-label={title}>
      <h2 className={classes.cardTitle}>
        {title}
        {note !== undefined && <span className={classes.cardNote}>{note}</span>}
      </h2>
      <div className={classes.cardBody} data-flush={flush || undefined}>{!waiting ? children : asked?.isError === true ? <Failed asked={asked} /> : <Skeleton height={150} radius="sm" m={flush ? 12 : 0} w="auto" />}</div>
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
