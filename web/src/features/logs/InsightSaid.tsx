/** Owns how an insight is shown: as text and nothing else, each claim with its evidence, unverified ones marked. */
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleHelp, ListTree, ScrollText, Shapes, SquareChartGantt } from "lucide-react";
import type { Log } from "../../api/types";
import type { Claim, Evidence, Insight } from "../../lib/insight";
import { formatExact } from "../../lib/moment";
import classes from "./LogInsight.module.css";

const icons = { log: ScrollText, span: SquareChartGantt, pattern: Shapes, trace: ListTree };

function Place({ one, log }: { one: Evidence; log: Log }) {
  if (one.kind === null || one.id === null) return <code className={classes.piece}>{one.name}</code>;
  const Icon = icons[one.kind];
  const what = `${one.kind} ${one.id}`;
  const text = (
    <code className={classes.piece}>
      <Icon size={12} aria-hidden="true" /> {one.id === log.id ? "this record" : `${one.kind} ${one.name}`}
    </code>
  );
  if (one.kind === "pattern") return <Link to="/logs" search={{ filter: `pattern:${one.id}` } as never} title={what}>{text}</Link>;
  const traceId = one.kind === "trace" ? one.id : log.trace_id;
  if (one.kind === "log" || traceId === null) return <span title={what}>{text}</span>;
  return (
    <Link to="/traces/$traceId" params={{ traceId }} search={(one.kind === "span" ? { span: one.id } : {}) as never} title={what}>
      {text}
    </Link>
  );
}

function Cause({ claim, log }: { claim: Claim; log: Log }) {
  return (
    <li data-unverified={!claim.verified || undefined}>
      {claim.verified ? <CircleCheck size={14} role="img" aria-label="its evidence exists" /> : <CircleHelp size={14} role="img" aria-label="unverified" />}
      <span>
        {claim.text}{" "}
        {claim.evidence.map((one) => (
          <Place key={one.name} one={one} log={log} />
        ))}
        {!claim.verified && <em> Unverified: it rests on nothing that Argus has.</em>}
      </span>
    </li>
  );
}

export function InsightSaid({ insight, log }: { insight: Insight; log: Log }) {
  const details = insight.details;
  return (
    <article className={classes.said}>
      <p className={details?.structured === true ? classes.summary : classes.text}>{details?.summary ?? insight.insight}</p>
      {details !== null && details.causes.length > 0 && (
        <>
          <h3>Likely causes</h3>
          <ul className={classes.evidence}>
            {details.causes.map((claim) => (
              <Cause key={claim.text} claim={claim} log={log} />
            ))}
          </ul>
        </>
      )}
      {details !== null && details.checks.length > 0 && (
        <>
          <h3>Worth checking</h3>
          <ol>
            {details.checks.map((check) => (
              <li key={check}>{check}</li>
            ))}
          </ol>
        </>
      )}
      {details !== null && details.unverified_ids.length > 0 && <p className={classes.doubt}>It names ids that were not in its evidence: {details.unverified_ids.join(", ")}</p>}
      <footer>
        {details?.confidence != null && <span>Confidence: {details.confidence}</span>}
        {insight.model !== null && <span>{insight.model}</span>}
        {insight.created_at !== null && <time dateTime={insight.created_at}>{formatExact(insight.created_at).slice(0, 16)}</time>}
        <span>Written by a language model: check before you act on it.</span>
      </footer>
    </article>
  );
}
