/** Owns the shape of an error: a filled octagon for the thing itself, a hollow one for something inside it. */
import { OctagonAlert } from "lucide-react";
import classes from "./ErrorMark.module.css";

export function ErrorMark({ label = "error", inside = false, size = 14 }: { label?: string; inside?: boolean; size?: number }) {
  return <OctagonAlert role="img" aria-label={label} size={size} strokeWidth={2} className={classes.mark} data-inside={inside || undefined} />;
}
