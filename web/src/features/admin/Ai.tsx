/** Owns the state of the AI that looks at errors: whether it is on, what waits for it, what is left of its budget. */
import type { Health } from "../../api/types";
import { formatCount } from "../../lib/count";
import { aiFacts } from "../../lib/ai";
import { Fact } from "./Fact";

export function AiFacts({ health }: { health: Health }) {
  const ai = aiFacts(health);
  if (ai === null) return null;
  return (
    <>
      <Fact name="AI insights" value={ai.enabled ? ai.state : "Off"} note={ai.enabled ? ai.model : "An endpoint in the settings turns them on; without one nothing leaves this machine"} bad={ai.enabled && /fail|error|exhaust|open/i.test(ai.state)} />
      {ai.enabled && ai.queue !== null && <Fact name="Waiting for the AI" value={formatCount(ai.queue)} note="Errors queued for an insight; what does not fit is left out, never ingest" />}
      {ai.enabled && ai.budget !== null && <Fact name="AI budget" value={ai.budget} note="What is left of the current period" />}
    </>
  );
}
