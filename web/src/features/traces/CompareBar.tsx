/** Owns the bar that says which traces are chosen for comparison, and leads there. */
import { ActionIcon, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { GitCompareArrows, X } from "lucide-react";
import type { TraceSummary } from "../../api/types";
import { Service } from "../../components/Service";
import { formatDuration } from "../../lib/duration";
import { shortOperation } from "../../lib/operation";
import classes from "./CompareBar.module.css";

function Side({ letter, id, trace, onDrop }: { letter: string; id: string; trace: TraceSummary | undefined; onDrop: () => void }) {
  return (
    <span className={classes.side}>
      <b className={classes.letter}>{letter}</b>
      {trace === undefined ? <code className={classes.id}>{id.slice(0, 8)}</code> : <span className={classes.name}>{shortOperation(trace.root_operation)}</span>}
      {trace !== undefined && <Service name={trace.root_service} />}
      {trace !== undefined && <span className={classes.duration}>{formatDuration(trace.duration_us)}</span>}
      <ActionIcon variant="subtle" color="gray" size={20} aria-label={`Take ${letter} out of the comparison`} onClick={onDrop}>
        <X size={12} />
      </ActionIcon>
    </span>
  );
}

export function CompareBar({ picked, traces, onPick }: { picked: string[]; traces: TraceSummary[]; onPick: (picked: string[]) => void }) {
  const [a, b] = picked;
  if (a === undefined) return null;
  const find = (id: string) => traces.find((trace) => trace.trace_id === id);
  return (
    <div className={classes.bar} role="region" aria-label="Comparison">
      <Side letter="A" id={a} trace={find(a)} onDrop={() => onPick(picked.slice(1))} />
      {b === undefined ? <span className={classes.hint}>Choose a second trace to compare</span> : <Side letter="B" id={b} trace={find(b)} onDrop={() => onPick([a])} />}
      <Button component={Link} to="/compare" search={{ a, b } as never} disabled={b === undefined} data-disabled={b === undefined || undefined} aria-disabled={b === undefined} size="compact-sm" fz={12.5} leftSection={<GitCompareArrows size={14} />} title="Compare (c)" ml="auto">
        Compare
      </Button>
    </div>
  );
}
