/** Owns the live tail: newest line at the bottom, standing still while one reads further up. */
import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { ArrowDown, Eraser, Pause, Play, Radio } from "lucide-react";
import { useLayoutEffect, useState } from "react";
import type { Log } from "../../api/types";
import { LinkState } from "../../components/LinkState";
import list from "../../components/LogList.module.css";
import { lettersIn, LogRow, logRowHeight, rowPlace } from "../../components/LogRow";
import { EmptyPanel } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { useFollow } from "../../components/useFollow";
import { useNow } from "../../components/useNow";
import { useRows } from "../../components/useRows";
import { counted, formatCount } from "../../lib/count";
import { formatClock } from "../../lib/moment";
import type { StreamRow } from "../../live/logBuffer";
import { capacity } from "../../live/logStream";
import { useLogStream } from "../../live/useLogStream";
import classes from "./LiveTail.module.css";
import { useRate } from "./useRate";

const nearEndPx = 30;
const noColumns: string[] = [];

function Gap({ missed, top }: { missed: number | null; top: number }) {
  return (
    <li className={classes.gap} style={{ transform: `translateY(${top}px)` }}>
      {missed === null ? "Records are missing here: the connection was lost for too long" : `${counted(missed, "record")} left out here: more came than could be shown`}
    </li>
  );
}

function Rows({ rows, following, selected, onSelect, onFollow }: { rows: readonly StreamRow[]; following: boolean; selected: string | null; onSelect: (log: Log) => void; onFollow: (following: boolean) => void }) {
  const { scroller, first, end, height, width, scrollTo } = useRows({ count: rows.length, rowHeight: logRowHeight });
  const follow = useFollow();
  const now = useNow(60_000);
  useLayoutEffect(() => {
    if (following) scrollTo(rows.length - 1);
  }, [following, rows, scrollTo]);
  // the wheel and the scroll bar come before the scroll event that a growing list causes as well
  const look = () => {
    const box = scroller.current;
    if (box !== null) onFollow(box.scrollHeight - box.scrollTop - box.clientHeight < nearEndPx);
  };
  const newest = rows.at(-1);
  const place = rowPlace(newest?.kind === "log" ? [formatClock(newest.log.timestamp, now)] : []);
  return (
    <div ref={scroller} className={list.body} data-links style={place} onWheel={(event) => event.deltaY < 0 && onFollow(false)} onScroll={look} tabIndex={0} role="region" aria-label="Live log records">
      <ul className={list.rows} style={{ height }} aria-label="Log records">
        {rows.slice(first, end).map((row, at) => {
          const index = first + at;
          if (row.kind === "gap") return <Gap key={row.id} missed={row.missed} top={index * logRowHeight} />;
          return <LogRow key={row.log.id} log={row.log} index={index} time={formatClock(row.log.timestamp, now)} selected={row.log.id === selected} cursor={false} traceLinks letters={lettersIn(width)} columns={noColumns} onOpen={onSelect} onFollow={follow} />;
        })}
      </ul>
    </div>
  );
}

export function LiveTail({ filter, selected, onSelect }: { filter: string; selected: string | null; onSelect: (log: Log) => void }) {
  const [following, setFollowing] = useState(true);
  const [held, setHeld] = useState(false);
  const paused = held || !following;
  const stream = useLogStream(filter, { on: true, paused });
  const rate = useRate(stream.received);
  const resume = () => {
    setHeld(false);
    setFollowing(true);
  };
  useHotkeys([["End", resume], ["p", () => (paused ? resume() : setHeld(true))]]);
  const Toggle = paused ? Play : Pause;
  return (
    <>
      <ListFacts endless>
        <LinkState state={stream.state} paused={paused} />
        <span>
          <strong>{rate < 10 ? rate.toFixed(1) : formatCount(rate)}</strong> records/s
        </span>
        <span className={classes.wide}>{formatCount(stream.received)} received</span>
        <span className={classes.tools}>
          <Button size="compact-xs" variant="subtle" color="gray" leftSection={<Toggle size={13} />} onClick={() => (paused ? resume() : setHeld(true))} title={paused ? "Resume (End)" : "Pause (p)"}>
            {paused ? "Resume" : "Pause"}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" leftSection={<Eraser size={13} />} onClick={stream.clear}>
            Clear
          </Button>
        </span>
      </ListFacts>
      {stream.problem !== null && (
        <p className={classes.problem} role="alert">
          {stream.problem}
        </p>
      )}
      <div className={classes.stage}>
        {stream.rows.length === 0 ? (
          <EmptyPanel icon={Radio} title={stream.state === "open" ? "Waiting for log records" : "Not connected"} text={stream.state === "open" ? (filter === "" ? "New records show up here as they arrive." : "New records that match the filters show up here as they arrive.") : "Argus is asked again and again; the tail goes on by itself where it was."} />
        ) : (
          <Rows rows={stream.rows} following={following && !held} selected={selected} onSelect={onSelect} onFollow={setFollowing} />
        )}
        {stream.waiting > 0 && (
          <div className={classes.pill}>
            <Button size="xs" radius="xl" leftSection={<ArrowDown size={14} />} onClick={resume}>
              {formatCount(stream.waiting)} new{stream.waiting > capacity ? `, the newest ${formatCount(capacity)} are kept` : ""}
            </Button>
          </div>
        )}
      </div>
    </>
  );
}
