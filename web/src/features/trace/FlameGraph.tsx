/** Owns the flame graph tab: calls from the top down, in time or merged, with zoom, search and the facts of a frame. */
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import { Service } from "../../components/Service";
import { ListFacts } from "../../components/Toolbar";
import { counted } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { type Frames, framesInTime, framesMerged } from "../../lib/flame";
import { nodeAt, type SpanTree } from "../../lib/spanTree";
import { useSearchParams } from "../../url/useSearchParams";
import { FlameCanvas } from "./FlameCanvas";
import classes from "./FlameGraph.module.css";
import type { Window } from "./paintFlame";

const modes = [
  { value: "time", label: "In time" },
  { value: "merged", label: "Merged" },
];
const whole: Window = { from: 0, to: 1 };

/** What is said of the frame under the pointer or the keyboard. */
function FrameFacts({ tree, frames, frame, merged, onTimeline }: { tree: SpanTree; frames: Frames; frame: number; merged: boolean; onTimeline: (id: string) => void }) {
  if (frame < 0) return <span>{merged ? "As wide as the own time of all spans on a path; the same calls are one frame." : "As wide as a span took. A click zooms; arrows walk."}</span>;
  const node = nodeAt(tree, frames.nodes[frame] ?? 0);
  const [count, errors] = [frames.counts[frame] ?? 0, frames.errors[frame] ?? 0];
  return (
    <>
      <Service name={node.service} strong />
      <span className={classes.operation}>{node.operation}</span>
      {merged && <span>{counted(count, "span")}</span>}
      <span>
        <strong>{formatDuration(frames.totals[frame] ?? 0)}</strong> in all
      </span>
      <span>
        <strong>{formatDuration(frames.selfs[frame] ?? 0)}</strong> itself
      </span>
      {errors > 0 && <span className={classes.errors}>{merged ? `${errors} failed` : "failed"}</span>}
      <button type="button" className={classes.jump} onClick={() => onTimeline(node.id)}>
        {merged && count > 1 ? "Show the slowest in the timeline" : "Show in the timeline"}
      </button>
    </>
  );
}

/** Says of each frame whether a search leaves it out; null without a search. */
function leftOut(tree: SpanTree, frames: Frames, text: string): ((frame: number) => boolean) | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return null;
  return (frame) => {
    const node = frames.nodes[frame] ?? 0;
    const name = `${tree.serviceNames[tree.services[node] ?? 0]} ${tree.operationNames[tree.operations[node] ?? 0]}`;
    return !name.toLowerCase().includes(wanted);
  };
}

export default function FlameGraph({ outline: { tree } }: { outline: TraceOutline }) {
  const [search, change] = useSearchParams();
  const merged = search.flame === "merged";
  const frames = useMemo(() => (merged ? framesMerged(tree) : framesInTime(tree)), [tree, merged]);
  const [part, setPart] = useState(whole);
  const [hovered, setHovered] = useState(-1);
  const [marked, setMarked] = useState(-1);
  const [text, setText] = useState("");
  const dimmed = useMemo(() => leftOut(tree, frames, text), [tree, frames, text]);
  const zoomed = part !== whole;
  const zoomTo = (frame: number) => {
    setMarked(frame);
    setPart(frame < 0 || (frames.to[frame] ?? 1) - (frames.from[frame] ?? 0) > 0.999 ? whole : { from: frames.from[frame] ?? 0, to: Math.max(frames.to[frame] ?? 1, (frames.from[frame] ?? 0) + 1e-9) });
  };
  const setMode = (mode: string) => {
    setPart(whole);
    setMarked(-1);
    setHovered(-1);
    change({ flame: mode === "merged" ? "merged" : undefined });
  };
  return (
    <div className={classes.page}>
      <div className={classes.bar}>
        <SegmentedControl size="xs" aria-label="What a frame is" data={modes} value={merged ? "merged" : "time"} onChange={setMode} />
        <TextInput size="xs" className={classes.find} placeholder="Find frames" aria-label="Find frames by service or operation" leftSection={<Search size={13} />} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {zoomed && (
          <Button size="compact-xs" variant="default" onClick={() => zoomTo(-1)}>
            Show all
          </Button>
        )}
      </div>
      <ListFacts endless>
        <FrameFacts tree={tree} frames={frames} frame={hovered >= 0 ? hovered : marked} merged={merged} onTimeline={(id) => change({ tab: undefined, flame: undefined, span: id }, true)} />
      </ListFacts>
      <FlameCanvas tree={tree} frames={frames} part={part} marked={marked} dimmed={dimmed} onHover={setHovered} onMark={setMarked} onZoom={zoomTo} />
    </div>
  );
}
