/** Owns the list under the filter's field: what could be written, what was asked before, how the language goes. */
import { History } from "lucide-react";
import { useEffect, useRef } from "react";
import { formatShort } from "../lib/count";
import type { Suggestion } from "../lib/suggestions";
import classes from "./QueryBar.module.css";

export type Choice = Suggestion | { kind: "past"; label: string };

const help: [write: string, means: string][] = [
  ["timeout*", "words"],
  ['"two words"', "in sequence"],
  ["key:value", "equal"],
  ["key:>=500", "compare"],
  ["key:[1 TO 5]", "range"],
  ["key:*", "has it"],
  ["-term", "not"],
  ["a OR b", "either"],
];

type Props = { id: string; choices: Choice[]; active: number; partial: string | null; onChoose: (choice: Choice) => void; onHover: (index: number) => void };

const headings: Record<Choice["kind"], string> = { past: "Asked before", field: "Fields", attribute: "Attributes", value: "Values" };

function Line({ choice }: { choice: Choice }) {
  if (choice.kind === "past") {
    return (
      <>
        <History size={13} className={classes.past} aria-hidden="true" />
        <span className={classes.label}>{choice.label}</span>
      </>
    );
  }
  return (
    <>
      <span className={classes.label}>{choice.label === "" ? '""' : choice.label}</span>
      {choice.says !== "" && <span className={classes.says}>{choice.says}</span>}
      {choice.count !== null && <span className={classes.count}>{formatShort(choice.count)}</span>}
    </>
  );
}

export default function QuerySuggestions({ id, choices, active, partial, onChoose, onHover }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    // the field must keep the focus
    <div role="presentation" className={classes.dropdown} onMouseDown={(event) => event.preventDefault()}>
      <div ref={list} role="listbox" id={id} aria-label="Suggestions" className={classes.options}>
        {choices.map((choice, at) => (
          <div key={`${choice.kind} ${choice.label} ${at}`} role="presentation">
            {choices[at - 1]?.kind !== choice.kind && <div className={classes.heading} role="presentation">{headings[choice.kind]}</div>}
            <div role="option" tabIndex={-1} id={`${id}-${at}`} aria-selected={at === active} className={classes.option} data-kind={choice.kind} onMouseMove={() => onHover(at)} onClick={() => onChoose(choice)} onKeyDown={() => {}}>
              <Line choice={choice} />
            </div>
          </div>
        ))}
        {choices.length === 0 && <div className={classes.nothing}>Nothing to complete here. Press Enter to search.</div>}
      </div>
      <div className={classes.help}>
        {partial !== null && <span className={classes.partial}>{partial}</span>}
        {help.map(([write, means]) => (
          <span key={write}>
            <code>{write}</code> {means}
          </span>
        ))}
      </div>
    </div>
  );
}
