/** Owns the line above the waterfall: what the trace waited for, finding spans, opening and closing levels. */
import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { ChevronsDownUp, ChevronsUpDown, Route, Search } from "lucide-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { serviceColor } from "../../lib/colors";
import { formatShare } from "../../lib/count";
import { pathShares } from "../../lib/criticalPath";
import { formatDuration } from "../../lib/duration";
import { allCollapsed } from "../../lib/spanRows";
import { matcher } from "../../lib/spanStats";
import classes from "./TimelineBar.module.css";
import type { TimelineState } from "./useTimeline";
import { nextNode } from "./useTimelineKeys";

type Props = { outline: TraceOutline; state: TimelineState; scrollTo: (at: number) => void };

/** What each service has of the critical path; a click goes to its longest stretch. */
function PathShares({ outline, onGo }: { outline: TraceOutline; onGo: (at: number) => void }) {
  const shares = useMemo(() => pathShares(outline.tree, outline.path).filter(({ share }) => share >= 0.005), [outline]);
  return (
    <span className={classes.shares}>
      {shares.map(({ service, share, us, slowest }) => (
        <button key={service} type="button" className={classes.share} style={{ flexGrow: Math.max(share, 0.02) }} title={`${service}: ${formatDuration(us)} of the critical path`} aria-label={`${formatShare(share)} ${service} on the critical path; go to its longest stretch`} onClick={() => onGo(slowest)}>
          <span className={classes.strip} style={{ background: serviceColor(service) }} />
          {share >= 0.09 && (
            <span className={classes.shareText}>
              <b>{formatShare(share)}</b> {service}
            </span>
          )}
        </button>
      ))}
    </span>
  );
}

function Find({ outline: { tree }, state, scrollTo }: Props) {
  const [text, setText] = useState("");
  const matches = useMemo(() => (text.trim() === "" ? null : matcher(tree, text)), [tree, text]);
  const count = useMemo(() => (matches === null ? 0 : tree.types.reduce<number>((sum, _, at) => sum + (matches(at) ? 1 : 0), 0)), [tree, matches]);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || matches === null) return;
    event.preventDefault();
    const next = nextNode(tree, state.cursor, event.shiftKey ? -1 : 1, matches);
    if (next < 0) return;
    state.select(next);
    scrollTo(next);
  };
  return (
    <TextInput
      size="xs"
      className={classes.find}
      placeholder="Find spans"
      aria-label="Find spans by service, operation or id; Enter goes to the next"
      leftSection={<Search size={13} />}
      rightSection={text.trim() !== "" && <span className={classes.count}>{count}</span>}
      rightSectionWidth={52}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={press}
    />
  );
}

export function TimelineBar({ outline, state, scrollTo }: Props) {
  const go = (at: number) => {
    state.select(at);
    scrollTo(at);
  };
  return (
    <div className={classes.bar}>
      <Tooltip label="Only what the trace waited for stands out (c: along the path)">
        <button type="button" className={classes.toggle} aria-pressed={state.onPath} onClick={() => state.setOnPath(!state.onPath)}>
          <Route size={14} aria-hidden="true" /> Critical path
        </button>
      </Tooltip>
      <PathShares outline={outline} onGo={go} />
      <Find outline={outline} state={state} scrollTo={scrollTo} />
      <Tooltip label="Close all (shift [)">
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Close all spans" onClick={() => state.setToggled(allCollapsed(outline.tree))}>
          <ChevronsDownUp size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Open all (shift ])">
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Open all spans" onClick={() => state.setToggled(new Set())}>
          <ChevronsUpDown size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
