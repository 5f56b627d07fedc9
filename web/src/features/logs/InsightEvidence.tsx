/** Owns the evidence of an insight: where each piece is found, and whether it exists. */
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleHelp } from "lucide-react";
import type { Log } from "../../api/types";
import type { Evidence } from "../../lib/insight";
import classes from "./LogInsight.module.css";

function Place({ one, log }: { one: Evidence; log: Log }) {
  const traceId = one.traceId || (/^[0-9a-f]{32}$/.test(one.id) ? one.id : (log.trace_id ?? ""));
  const isSpan = one.kind === "span" || (one.kind === "" && /^[0-9a-f]{16}$/.test(one.id));
  const text = <code>{one.id.length > 16 ? `${one.id.slice(0, 8)}…` : one.id}</code>;
  if (one.verified === false || traceId === "" || one.kind === "log") return text;
  return (
    <Link to="/traces/$traceId" params={{ traceId }} search={(isSpan ? { span: one.id } : {}) as never}>
      {text}
    </Link>
  );
}

export function InsightEvidence({ evidence, log }: { evidence: Evidence[]; log: Log }) {
  return (
    <>
      <h3>What it rests on</h3>
      <ul className={classes.evidence}>
        {evidence.map((one) => (
          <li key={`${one.kind} ${one.id} ${one.says}`} data-unverified={one.verified === false || undefined}>
            {one.verified === false ? <CircleHelp size={14} role="img" aria-label="not found" /> : <CircleCheck size={14} role="img" aria-label={one.verified === true ? "exists" : "not checked"} />}
            <span>
              {one.kind} <Place one={one} log={log} /> {one.says}
              {one.verified === false && <em> There is no such thing here: do not rely on it.</em>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
