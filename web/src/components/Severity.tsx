/** Owns how a severity is drawn: its text, in its colour only where it asks for attention. */
import type { Severity as Level } from "../api/types";
import classes from "./Severity.module.css";

export const severities: Level[] = ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "UNSPECIFIED"];

export const severityColor = (severity: Level): string => `var(--severity-${severity === "UNSPECIFIED" ? "trace" : severity.toLowerCase()})`;

export function Severity({ severity }: { severity: Level }) {
  return (
    <span className={classes.severity} data-severity={severity}>
      {severity === "UNSPECIFIED" ? "–" : severity}
    </span>
  );
}
