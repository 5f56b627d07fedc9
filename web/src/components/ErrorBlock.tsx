/** Owns how a failure is told: type, message, then the stack with own frames bright and library frames folded. */
import { useState } from "react";
import type { Status } from "../api/types";
import { CopyIcon } from "./CopyIcon";
import { ErrorMark } from "./ErrorMark";
import { counted } from "../lib/count";
import { type Exception, frameOf, isDecoration, repeats, type StackLine } from "../lib/exceptions";
import classes from "./ErrorBlock.module.css";

/** Runs of library lines become one entry. */
function folded(lines: StackLine[]): (StackLine | { hidden: number })[] {
  const out: (StackLine | { hidden: number })[] = [];
  for (const line of lines) {
    const last = out.at(-1);
    if (line.own) out.push(line);
    else if (last !== undefined && "hidden" in last) last.hidden += line.frame ? 1 : 0;
    else out.push({ hidden: 1 });
  }
  return out;
}

function Line({ line }: { line: StackLine }) {
  const call = line.frame ? frameOf(line.text) : null;
  if (call === null) {
    return (
      <span data-library={!line.own || undefined} data-source={/^\s/.test(line.text) || undefined}>
        {line.text.trim()}
      </span>
    );
  }
  return (
    <span data-library={!line.own || undefined} title={line.text.trim()}>
      {call.name !== "" && <b>{call.name}</b>} {call.file}:{call.line}
    </span>
  );
}

function Stack({ exception }: { exception: Exception }) {
  const [all, setAll] = useState(false);
  const [first, ...rest] = exception.lines;
  const repeated = first !== undefined && first.text.includes(exception.message) && exception.message !== "";
  const lines = (repeated ? rest : exception.lines).filter(({ text, frame }) => frame || !isDecoration(text));
  if (lines.length === 0) return null;
  const foreign = lines.every((line) => !line.own || !line.frame);
  const shown = all || foreign ? lines : folded(lines);
  return (
    <div className={classes.stack}>
      <span className={classes.copy}>
        <CopyIcon text={exception.lines.map((line) => line.text).join("\n")} label="Copy the stack trace" />
      </span>
      <pre>
        {shown.map((line, at) =>
          "hidden" in line ? (
            <button key={at} type="button" className={classes.hidden} onClick={() => setAll(true)}>
              … {counted(line.hidden, "library frame")}
            </button>
          ) : (
            <Line key={at} line={line} />
          ),
        )}
      </pre>
    </div>
  );
}

export function ErrorBlock({ status, message, exceptions }: { status: Status; message: string; exceptions: Exception[] }) {
  const said = exceptions.some((exception) => repeats(message, exception));
  return (
    <section className={classes.block} aria-label="Error" data-handled={status !== "ERROR" || undefined}>
      {(exceptions.length === 0 || (message !== "" && !said)) && (
        <p className={classes.line}>
          <ErrorMark /> <span>{message === "" ? "This span has status ERROR and says no more." : message}</span>
        </p>
      )}
      {exceptions.map((exception, at) => (
        <div key={at} className={classes.exception}>
          <p className={classes.line}>
            <ErrorMark />
            <span>
              <strong>{exception.type}</strong> {exception.message}
            </span>
          </p>
          <Stack exception={exception} />
        </div>
      ))}
    </section>
  );
}
