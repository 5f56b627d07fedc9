/** Owns the JSON tab: the answer of the API, as it came, line by line. */
import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Download } from "lucide-react";
import { useMemo, useRef } from "react";
import type { TraceResponse } from "../../api/types";
import { CopyIcon } from "../../components/CopyIcon";
import { ListFacts } from "../../components/Toolbar";
import { counted } from "../../lib/count";
import classes from "./TraceJson.module.css";

function download(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

export function TraceJson({ data }: { data: TraceResponse }) {
  const text = useMemo(() => JSON.stringify(data, null, 2), [data]);
  const lines = useMemo(() => text.split("\n"), [text]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => 18, overscan: 30 });
  return (
    <div className={classes.json}>
      <ListFacts>
        <span>{counted(lines.length, "line")}</span>
        <CopyIcon text={text} label="Copy the JSON" />
        <Button size="compact-xs" variant="default" leftSection={<Download size={13} />} onClick={() => download(text, `trace-${data.trace.trace_id}.json`)}>
          Download
        </Button>
      </ListFacts>
      <div ref={scroller} className={classes.body} tabIndex={0} role="region" aria-label="The trace as JSON">
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => (
            <pre key={item.index} className={classes.line} style={{ transform: `translateY(${item.start}px)` }}>
              <span className={classes.number}>{item.index + 1}</span>
              {lines[item.index]}
            </pre>
          ))}
        </div>
      </div>
    </div>
  );
}
