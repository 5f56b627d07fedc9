/** Owns a section of a detail panel: a heading that opens and closes, with a grey line of its content while closed. */
import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import classes from "./Section.module.css";

type Props = { title: string; count?: number; preview?: ReactNode; startOpen?: boolean; children: ReactNode };

export function Section({ title, count, preview, startOpen = true, children }: Props) {
  const [open, setOpen] = useState(startOpen);
  return (
    <section className={classes.section}>
      <h3 className={classes.heading}>
        <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <ChevronRight size={14} className={classes.chevron} data-open={open || undefined} aria-hidden="true" />
          <span className={classes.title}>{title}</span>
          {count !== undefined && <span className={classes.count}>{count}</span>}
          {!open && preview}
        </button>
      </h3>
      {open && <div className={classes.content}>{children}</div>}
    </section>
  );
}
