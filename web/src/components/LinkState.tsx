/** Owns how the state of a live connection is shown. */
import classes from "./LinkState.module.css";

type Props = { state: "connecting" | "open" | "waiting" | "closed"; paused?: boolean };

const texts = { connecting: "Connecting…", open: "Live", waiting: "Connection lost, trying again…", closed: "Off" };

/** A dot and a word; a lost connection is announced. */
export function LinkState({ state, paused = false }: Props) {
  const shown = paused && state === "open" ? "paused" : state;
  return (
    <span className={classes.state} data-state={shown} role="status">
      <span className={classes.dot} aria-hidden="true" />
      {shown === "paused" ? "Paused" : texts[state]}
    </span>
  );
}
