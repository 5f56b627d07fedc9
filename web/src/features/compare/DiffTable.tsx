/** Owns the merged tree as a table: what each trace has at each place, and which way it differs. */
import { ErrorMark } from "../../components/ErrorMark";
import { ServiceDot } from "../../components/Service";
import { useRowCursor } from "../../components/useRowCursor";
import { useRows } from "../../components/useRows";
import { formatDuration } from "../../lib/duration";
import { shortOperation } from "../../lib/operation";
import type { DiffRow, Side } from "../../lib/traceDiff";
import classes from "./DiffTable.module.css";

const signs: Record<DiffRow["change"], { sign: string; says: string }> = {
  same: { sign: "", says: "alike" },
  "only-a": { sign: "−", says: "only in A" },
  "only-b": { sign: "+", says: "only in B" },
  count: { sign: "×", says: "another number" },
  errors: { sign: "!", says: "fails in one of them" },
  slower: { sign: "▲", says: "slower in B" },
  faster: { sign: "▼", says: "faster in B" },
};

function Amount({ side, longest, letter }: { side: Side | null; longest: number; letter: "a" | "b" }) {
  if (side === null) return <span className={classes.none}>–</span>;
  return (
    <span className={classes.amount}>
      <span className={classes.track}><span data-side={letter} style={{ width: `${Math.max(1, (side.totalUs / longest) * 100)}%` }} /></span>
      <span className={classes.number}>{formatDuration(side.totalUs)}</span>
      <span className={classes.times}>{side.count > 1 && `× ${side.count}`}</span>
      <span className={classes.mark}>{side.errors > 0 && <ErrorMark label={`${side.errors} failed`} size={13} />}</span>
    </span>
  );
}

/** How much longer B took than A: +36.0 ms; nothing where one is missing. */
function Delta({ row }: { row: DiffRow }) {
  if (row.a === null || row.b === null) return null;
  const us = row.b.totalUs - row.a.totalUs;
  if (Math.abs(us) < 1) return <span className={classes.none}>=</span>;
  return <span data-way={row.change === "slower" ? "b" : row.change === "faster" ? "a" : undefined}>{us > 0 ? "+" : "−"}{formatDuration(Math.abs(us))}</span>;
}

export function DiffTable({ rows, chosen, onChoose }: { rows: DiffRow[]; chosen: string | null; onChoose: (key: string) => void }) {
  const { scroller, first, end, height, scrollTo } = useRows({ count: rows.length, rowHeight: 30 });
  const longest = Math.max(1, ...rows.flatMap(({ a, b }) => [a?.totalUs ?? 0, b?.totalUs ?? 0]));
  const [cursor] = useRowCursor({ count: rows.length, onMove: scrollTo, onOpen: (index) => onChoose(rows[index]?.key ?? "") });
  return (
    <div className={classes.table} role="table" aria-label="Differences" aria-rowcount={rows.length + 1}>
      <div role="rowgroup" className={classes.heads}>
        <div role="row" className={classes.row}>
          {["Service and operation", "A", "B", "B − A"].map((name, at) => (
            <div key={name} role="columnheader" className={classes.cell} data-col={at}>{name}</div>
          ))}
        </div>
      </div>
      <div ref={scroller} className={classes.body}>
        <div role="rowgroup" className={classes.rows} style={{ height }}>
          {rows.slice(first, end).map((row, step) => {
            const index = first + step;
            const { sign, says } = signs[row.change];
            return (
              <div key={row.key} role="row" aria-rowindex={index + 2} className={`${classes.row} ${classes.item}`} data-change={row.change} data-chosen={row.key === chosen || undefined} data-cursor={index === cursor || undefined} style={{ transform: `translateY(${index * 30}px)` }}>
                <div role="cell" className={classes.name} style={{ paddingLeft: row.depth * 14 }}>
                  <span className={classes.sign} title={says}>{sign === "" ? null : <span role="img" aria-label={says}>{sign}</span>}</span>
                  <ServiceDot name={row.service} />
                  <button type="button" className={classes.open} onClick={() => onChoose(row.key)} title={`${row.service} ${row.operation}`}>
                    <b>{row.service}</b> {shortOperation(row.operation)}
                  </button>
                </div>
                <div role="cell" className={classes.cell}><Amount side={row.a} longest={longest} letter="a" /></div>
                <div role="cell" className={classes.cell}><Amount side={row.b} longest={longest} letter="b" /></div>
                <div role="cell" className={classes.delta}><Delta row={row} /></div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
