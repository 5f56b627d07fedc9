/** Owns the timeline tab: minimap above, waterfall below, details at the right or in a drawer. */
import { ActionIcon, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { X } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import type { Log, TraceResponse } from "../../api/types";
import type { SpanTree } from "../../lib/spanTree";
import { Minimap } from "./Minimap";
import { SpanDetail } from "./SpanDetail";
import classes from "./Timeline.module.css";
import { useTimeline } from "./useTimeline";
import { useTimelineKeys } from "./useTimelineKeys";
import { Waterfall, type WaterfallHandle } from "./Waterfall";

function logsBySpan(logs: Log[]): Map<string, Log[]> {
  const found = new Map<string, Log[]>();
  for (const log of logs) {
    if (log.span_id !== null) found.set(log.span_id, [...(found.get(log.span_id) ?? []), log]);
  }
  return found;
}

export function Timeline({ data, tree }: { data: TraceResponse; tree: SpanTree }) {
  const docked = useMediaQuery("(min-width: 80em)", true, { getInitialValueInEffect: false });
  const state = useTimeline(tree, docked);
  const waterfall = useRef<WaterfallHandle>(null);
  const logs = useMemo(() => logsBySpan(data.logs), [data.logs]);
  useTimelineKeys(state, tree, docked, (key) => waterfall.current?.scrollTo(key));
  const shown = useRef(false);
  useEffect(() => {
    if (shown.current || state.selected === null) return;
    shown.current = true;
    waterfall.current?.scrollTo(state.selected.key, "center");
  }, [state.selected]);

  const { selected } = state;
  const detail = selected !== null && (
    <SpanDetail key={selected.key} node={selected} tree={tree} logs={logs.get(selected.span.span_id) ?? []} onSelect={state.select} />
  );
  return (
    <div className={classes.timeline} data-docked={(docked && selected !== null) || undefined}>
      <div className={classes.main}>
        <Minimap tree={tree} view={state.view} zoomed={state.zoomed} onView={state.setView} />
        <Waterfall ref={waterfall} tree={tree} state={state} logs={logs} />
      </div>
      {docked && selected !== null && (
        <aside className={classes.side} aria-label="Span details">
          <ActionIcon className={classes.close} variant="subtle" color="gray" aria-label="Close the details" onClick={() => state.select(null)}>
            <X size={16} />
          </ActionIcon>
          {detail}
        </aside>
      )}
      {!docked && (
        <Drawer opened={selected !== null} onClose={() => state.select(null)} title="Span" size={520} padding={0} overlayProps={{ backgroundOpacity: 0.2 }} classNames={{ header: classes.drawerHead }} closeButtonProps={{ "aria-label": "Close the details" }}>
          {detail}
        </Drawer>
      )}
    </div>
  );
}
