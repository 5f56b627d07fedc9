/** Owns how one number about Argus itself is shown. */
import type { ReactNode } from "react";
import classes from "./AdminPage.module.css";

export function Fact({ name, value, note, bad = false, children }: { name: string; value: string; note: string; bad?: boolean; children?: ReactNode }) {
  return (
    <div className={classes.fact} data-bad={bad || undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
      <dd className={classes.note}>
        {children}
        {note}
      </dd>
    </div>
  );
}
