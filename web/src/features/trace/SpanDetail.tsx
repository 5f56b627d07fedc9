/** Owns everything one span says: what it is and its error first, then the field that finds, then its parts. */
import { type ReactNode, useState } from "react";
import type { Log, Span } from "../../api/types";
import { CopyIcon } from "../../components/CopyIcon";
import { ErrorBlock } from "../../components/ErrorBlock";
import { Service } from "../../components/Service";
import { formatDuration } from "../../lib/duration";
import { exceptionsOf, failureOf } from "../../lib/exceptions";
import { isSpan, nodeAt, pathTo, type SpanTree } from "../../lib/spanTree";
import { FindAttributes, FoundAttributes } from "./FoundAttributes";
import classes from "./SpanDetail.module.css";
import { SpanParts } from "./SpanParts";
import { usePinnedAttributes } from "./usePinnedAttributes";

function droppedOf(span: Span): string | null {
  const dropped = [
    [span.dropped_attributes_count, "attributes"],
    [span.dropped_events_count, "events"],
    [span.dropped_links_count, "links"],
  ] as const;
  const named = dropped.filter(([count]) => count > 0).map(([count, noun]) => `${count} ${noun}`);
  return named.length === 0 ? null : `The SDK dropped ${named.join(", ")} of this span.`;
}

type Props = { at: number; span: Span; tree: SpanTree; logs: Log[]; onSelect: (at: number) => void; children?: ReactNode };

export function SpanDetail({ at, span, tree, logs, onSelect, children }: Props) {
  const node = nodeAt(tree, at);
  const exceptions = exceptionsOf(span);
  const above = pathTo(tree, at).findLast((step) => isSpan(tree, step));
  const parent = above === undefined ? undefined : nodeAt(tree, above);
  const dropped = droppedOf(span);
  const [text, setText] = useState("");
  const [pinned, onPin] = usePinnedAttributes();
  const actions = { pinned, onPin };
  return (
    <article className={classes.detail}>
      <header className={classes.head}>
        <h2>{span.operation_name}</h2>
        <div className={classes.facts}>
          <Service name={span.service_name} strong />
          <span>{span.kind.toLowerCase()}</span>
          <span>
            <b>{formatDuration(span.duration_us)}</b> from {formatDuration(node.startUs)}
          </span>
          {node.count > 1 && <span title="Time in which no span below this one runs">{formatDuration(node.selfUs)} itself</span>}
          <span className={classes.id}>
            {span.span_id}
            <CopyIcon text={span.span_id} label="Copy the span id" size={20} />
          </span>
        </div>
        {parent !== undefined && (
          <button type="button" className={classes.parent} onClick={() => onSelect(parent.at)}>
            in {parent.service} · {parent.operation}
          </button>
        )}
      </header>
      {(span.status === "ERROR" || exceptions.length > 0) && <ErrorBlock status={span.status} message={exceptions.length > 0 ? span.status_message : failureOf(span)} exceptions={exceptions} />}
      {dropped !== null && <p className={classes.dropped}>{dropped}</p>}
      <FindAttributes text={text} onText={setText} />
      {text.trim() === "" ? (
        <SpanParts span={span} tree={tree} logs={logs} actions={actions}>
          {children}
        </SpanParts>
      ) : (
        <FoundAttributes span={span} text={text} actions={actions} />
      )}
    </article>
  );
}
