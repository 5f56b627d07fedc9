/** Owns the state of the AI that looks at errors: whether it answers, what waits for it, what is left of its budget. */
import type { Health } from "../../api/types";
import { formatCount, formatShare } from "../../lib/count";
import classes from "./AdminPage.module.css";
import { Fact } from "./Fact";

const states = {
  disabled: ["Off", "An endpoint in the settings turns them on; without one nothing leaves this machine"],
  ok: ["Working", ""],
  failing: ["Failing", "The model failed some times in a row; it is tried again by itself"],
  budget_spent: ["Budget spent", "They go on when the hour has passed"],
} as const;

export function AiFacts({ ai }: { ai: Health["ai"] }) {
  const [state, meaning] = states[ai.state];
  const note = [ai.model, meaning, ai.problem].filter((text) => text !== null && text !== "").join(" · ");
  const spent = ai.tokens_used / Math.max(1, ai.tokens_per_hour);
  return (
    <>
      <Fact name="AI insights" value={state} note={note} bad={ai.state === "failing" || ai.state === "budget_spent"} />
      {ai.enabled && <Fact name="Waiting for the AI" value={formatCount(ai.queue_depth)} note="Errors queued for an insight; what does not fit is left out and never holds up ingest" />}
      {ai.enabled && (
        <Fact name="AI budget" value={`${formatCount(ai.tokens_left)} left`} note={`${formatCount(ai.tokens_used)} of ${formatCount(ai.tokens_per_hour)} tokens used in this hour`} bad={spent > 0.9}>
          <div className={classes.gauge} role="img" aria-label={`${formatShare(spent)} of the budget is used`}>
            <span style={{ width: `${Math.min(100, spent * 100)}%` }} />
          </div>
        </Fact>
      )}
    </>
  );
}
