/** Owns the page that sets two traces side by side: which they are, where they differ, and what differs there. */
import { Button, SegmentedControl, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeftRight, GitCompareArrows } from "lucide-react";
import { useMemo } from "react";
import { traceQuery } from "../../api/queries";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { counted } from "../../lib/count";
import { diffTraces } from "../../lib/traceDiff";
import { one, useSearchParams } from "../../url/useSearchParams";
import classes from "./ComparePage.module.css";
import { CompareHeader } from "./CompareHeader";
import { DiffDetail } from "./DiffDetail";
import { DiffTable } from "./DiffTable";

const shows = [
  { value: "changes", label: "Differences" },
  { value: "all", label: "Everything" },
];

export default function ComparePage() {
  const [search, change] = useSearchParams();
  const [a, b] = [one(search.a) ?? "", one(search.b) ?? ""];
  const [left, right] = [useQuery({ ...traceQuery(a), enabled: a !== "" }), useQuery({ ...traceQuery(b), enabled: b !== "" })];
  const rows = useMemo(() => (left.data === undefined || right.data === undefined ? null : diffTraces(left.data.spans, right.data.spans)), [left.data, right.data]);
  if (a === "" || b === "") {
    return (
      <div className={classes.page}>
        <VisuallyHidden component="h1">Compare traces</VisuallyHidden>
        <EmptyPanel icon={GitCompareArrows} title="Two traces are needed" text="Choose two in the list of traces: the box at the start of each row, or the key x.">
          <Button component={Link} to="/traces" size="xs">
            Go to traces
          </Button>
        </EmptyPanel>
      </div>
    );
  }
  const failed = [left, right].find((query) => query.isError);
  if (failed !== undefined && failed.error !== null) return <ErrorPanel title="One of the traces could not be loaded" error={failed.error} onRetry={() => void failed.refetch()} />;
  if (left.data === undefined || right.data === undefined || rows === null) return <SkeletonRows height={30} count={22} />;
  const all = one(search.show) === "all";
  const changed = rows.filter((row) => row.change !== "same").length;
  const shown = rows.filter((row) => all || row.change !== "same" || row.differsBelow);
  const chosen = rows.find((row) => row.key === one(search.at));
  return (
    <div className={classes.page}>
      <CompareHeader a={left.data.trace} b={right.data.trace} />
      <div className={classes.facts}>
        <span role="status">
          <strong>{counted(changed, "difference")}</strong> <span className={classes.places}>in {counted(rows.length, "place")}</span>
        </span>
        <span className={classes.legend}>
          <i data-side="a">−</i> only in A <i data-side="b">+</i> only in B <i>×</i> other number <i>▲</i> slower <i>▼</i> faster
        </span>
        <SegmentedControl size="xs" aria-label="What is shown" data={shows} value={all ? "all" : "changes"} onChange={(value) => change({ show: value === "all" ? "all" : undefined })} />
        <Button size="compact-xs" h={24} variant="default" leftSection={<ArrowLeftRight size={13} />} onClick={() => change({ a: b, b: a, at: undefined })}>
          Swap
        </Button>
      </div>
      <div className={classes.columns}>
        {shown.length === 0 ? <EmptyPanel icon={GitCompareArrows} title="The two traces are alike" text="The same services did the same things, as often, and about as fast." /> : <DiffTable rows={shown} chosen={chosen?.key ?? null} onChoose={(key) => change({ at: key === chosen?.key ? undefined : key })} />}
        {chosen !== undefined && <DiffDetail row={chosen} onClose={() => change({ at: undefined })} />}
      </div>
    </div>
  );
}
