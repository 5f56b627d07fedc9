/** Owns how an insight is shown: as text and nothing else, each claim with its evidence, unverified ones marked. */
import { CircleCheck, CircleHelp } from "lucide-react";
import type { Log } from "../../api/types";
import type { Claim, Insight } from "../../lib/insight";
import { formatExact } from "../../lib/moment";
import { EvidenceLink } from "./EvidenceLink";
import classes from "./LogInsight.module.css";

/** Said of a text that names evidence, or an id, that there is none of. */
function Doubt() {
  return <em className={classes.mark}> Unverified: it names what was not in the evidence.</em>;
}

function Cause({ claim, log }: { claim: Claim; log: Log }) {
  return (
    <li data-unverified={!claim.verified || undefined}>
      {claim.verified ? <CircleCheck size={14} role="img" aria-label="its evidence exists" /> : <CircleHelp size={14} role="img" aria-label="unverified" />}
      <span>
        {claim.text}{" "}
        {claim.evidence.map((one) => (
          <EvidenceLink key={one.name} one={one} log={log} />
        ))}
        {!claim.verified && (claim.evidence.some((one) => one.id !== null) ? <Doubt /> : <em> Unverified: it rests on nothing that Argus has.</em>)}
      </span>
    </li>
  );
}

export function InsightSaid({ insight, log }: { insight: Insight; log: Log }) {
  const details = insight.details;
  return (
    <article className={classes.said}>
      <p className={details?.structured === true ? classes.summary : classes.text}>
        {details?.summary ?? insight.insight}
        {details?.summary_verified === false && <Doubt />}
      </p>
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
            {details.checks.map((check, at) => (
              <li key={check}>
                {check}
                {details.unverified_checks?.includes(at) === true && <Doubt />}
              </li>
            ))}
          </ol>
        </>
      )}
      {details !== null && details.unverified_ids.length > 0 && <p className={classes.doubt}>It names what was not in its evidence: {details.unverified_ids.join(", ")}</p>}
      <footer>
        {details?.confidence != null && <span>Confidence: {details.confidence}</span>}
        {insight.model !== null && <span>{insight.model}</span>}
        {insight.created_at !== null && <time dateTime={insight.created_at}>{formatExact(insight.created_at).slice(0, 16)}</time>}
        <span>Written by a language model: check before you act on it.</span>
      </footer>
    </article>
  );
}
