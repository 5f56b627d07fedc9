/** Owns the timeline tab: minimap above, waterfall below, details at the right or in a drawer. */
import { ActionIcon, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { X } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { Minimap } from "./Minimap";
import { Screen, useSettled } from "./screen";
import { SpanPanel } from "./SpanPanel";
import classes from "./Timeline.module.css";
import { TimelineBar } from "./TimelineBar";
import { useDetails } from "./useDetails";
import { firstOfInterest, useTimeline } from "./useTimeline";
import { useTimelineKeys } from "./useTimelineKeys";
import { Waterfall, type WaterfallHandle } from "./Waterfall";

export function Timeline({ outline }: { outline: TraceOutline }) {
  const { tree, path } = outline;
  const docked = useMediaQuery("(min-width: 80em)", true, { getInitialValueInEffect: false });
  const [screen] = useState(() => new Screen());
  const details = useDetails(outline, useSettled(screen));
  const first = useMemo(() => firstOfInterest(tree, details.whole ? details.spanOf : () => undefined), [tree, details]);
  const state = useTimeline(tree, docked, first);
  const waterfall = useRef<WaterfallHandle>(null);
  const scrollTo = useCallback((at: number) => waterfall.current?.scrollTo(at), []);
  useTimelineKeys({ state, tree, path, follow: docked, scrollTo });
  const { selected } = state;
  const shown = useRef(-1);
  useEffect(() => {
    // a link's span, or the span of interest, is brought into view once; it may become known only with the details
    if (shown.current === first || selected < 0) return;
    if (shown.current < 0 || selected === first) waterfall.current?.scrollTo(selected, "center");
    shown.current = first;
  }, [selected, first]);

  const detail = selected >= 0 && <SpanPanel key={selected} at={selected} outline={outline} details={details} onSelect={state.select} />;
  return (
    <div className={classes.timeline} data-docked={(docked && selected >= 0) || undefined}>
      <div className={classes.main}>
        <Minimap tree={tree} screen={screen} view={state.view} zoomed={state.zoomed} onView={state.setView} />
        <TimelineBar outline={outline} state={state} scrollTo={scrollTo} />
        <Waterfall ref={waterfall} outline={outline} state={state} details={details} screen={screen} />
      </div>
      {docked && selected >= 0 && (
        <aside className={classes.side} aria-label="Span details">
          <ActionIcon className={classes.close} variant="subtle" color="gray" aria-label="Close the details" onClick={() => state.select(-1)}>
            <X size={16} />
          </ActionIcon>
          {detail}
        </aside>
      )}
      {!docked && (
        <Drawer opened={selected >= 0} onClose={() => state.select(-1)} title="Span" size={520} padding={0} overlayProps={{ backgroundOpacity: 0.2 }} classNames={{ header: classes.drawerHead }} closeButtonProps={{ "aria-label": "Close the details" }}>
          {detail}
        </Drawer>
      )}
    </div>
  );
}
