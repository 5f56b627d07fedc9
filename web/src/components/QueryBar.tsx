/** Owns the field for filters: highlighted as one writes, completed from the data, applied with Enter when the server can read it. */
import { CloseButton, Kbd } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Search } from "lucide-react";
import { lazy, Suspense, useId, useRef, useState, type KeyboardEvent } from "react";
import type { Signal } from "../lib/filterFields";
import { faultColumn, tokenize, writingAt } from "../lib/filterTokens";
import { formatCount } from "../lib/count";
import type { Completer } from "../lib/suggestions";
import classes from "./QueryBar.module.css";
import type { Choice } from "./QuerySuggestions";
import { QueryText } from "./QueryText";
import { useQueryHistory } from "./queryHistory";
import { useSuggestions } from "./useSuggestions";

const QuerySuggestions = lazy(() => import("./QuerySuggestions"));

type Props = {
  signal: Signal;
  /** The filter in force. */
  value: string;
  /** What the server said against it, if it did. */
  fault: string | null;
  placeholder: string;
  complete: Completer;
  /** Says what is wrong with a filter, or null. */
  check: (filter: string) => Promise<string | null>;
  onApply: (filter: string) => void;
  /** Texts that are applied the moment they are there, and never looked at as a filter: a pasted id. */
  takes?: (text: string) => boolean;
};

const isClosed = (text: string) => tokenize(text).reduce((depth, { kind }) => depth + Number(kind === "open") - Number(kind === "close"), 0) === 0;

export function QueryBar({ signal, value, fault, placeholder, complete, check, onApply, takes }: Props) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [refused, setRefused] = useState<string | null>(null);
  const [past, remember] = useQueryHistory(signal);
  const field = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const id = useId();
  // a filter that comes from elsewhere (a facet, the back button) replaces what is written
  if (seen !== value) {
    setSeen(value);
    setText(value);
    setCaret(value.length);
    setRefused(null);
  }
  useHotkeys([["/", () => field.current?.focus()]]);
  const found = useSuggestions(complete, text, caret, open);
  const choices: Choice[] = [...(text.trim() === "" ? past.slice(0, 6).map((label) => ({ kind: "past" as const, label })) : []), ...found.list];
  const said = refused ?? (text === value ? fault : null);
  const column = said === null ? null : faultColumn(said);

  const place = (at: number) => {
    setCaret(at);
    requestAnimationFrame(() => field.current?.setSelectionRange(at, at));
  };
  const write = (next: string, at: number) => {
    if (takes?.(next.trim().toLowerCase())) return onApply(next);
    setText(next);
    setCaret(at);
    setActive(-1);
    setRefused(null);
    setOpen(true);
  };
  const apply = async (next: string) => {
    setText(next);
    setOpen(false);
    setActive(-1);
    const refusal = await check(next);
    setRefused(refusal);
    if (refusal !== null) return;
    remember(next);
    onApply(next.trim());
  };
  const choose = (choice: Choice) => {
    if (choice.kind === "past") return void apply(choice.label);
    const { from, to } = writingAt(text, caret);
    const next = `${text.slice(0, from)}${choice.insert}${text.slice(to)}`;
    if (choice.whole && isClosed(next)) return void apply(next);
    write(next, from + choice.insert.length);
    place(from + choice.insert.length);
  };
  const step = (by: number) => {
    setOpen(true);
    setActive((at) => (choices.length === 0 ? -1 : (Math.max(at, by > 0 ? -1 : 0) + by + choices.length) % choices.length));
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = choices[active] ?? (event.key === "Tab" && open && text.trim() !== "" ? choices[0] : undefined);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter") void (active >= 0 && chosen !== undefined ? choose(chosen) : apply(text));
    else if (event.key === "Tab" && open && chosen !== undefined && !event.shiftKey) choose(chosen);
    else if (event.key === " " && event.ctrlKey) setOpen(true);
    else if (event.key === "Escape" && open) setOpen(false);
    else if (event.key === "Escape") field.current?.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const follow = () => {
    if (mirror.current !== null) mirror.current.scrollLeft = field.current?.scrollLeft ?? 0;
    setCaret(field.current?.selectionStart ?? text.length);
  };
  return (
    <div className={classes.bar} role="search">
      <div className={classes.box} data-wrong={said !== null || undefined}>
        <Search size={14} className={classes.glass} aria-hidden="true" />
        <div className={classes.area}>
          <div ref={mirror} className={classes.mirror} aria-hidden="true">
            <QueryText text={text} fault={column} />
          </div>
          <input ref={field} className={classes.field} aria-label={placeholder} placeholder={placeholder} value={text} spellCheck={false} autoComplete="off" autoCapitalize="off" enterKeyHint="search"
            role="combobox" aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list" aria-activedescendant={active >= 0 ? `${id}-list-${active}` : undefined} aria-invalid={said !== null} aria-describedby={said === null ? undefined : `${id}-fault`}
            onChange={(event) => write(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)} onKeyDown={press} onSelect={follow} onScroll={follow} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} />
        </div>
        {text.trim() !== value.trim() && (
          <button type="button" className={classes.apply} onMouseDown={(event) => event.preventDefault()} onClick={() => void apply(text)}>
            Search <Kbd size="xs">↵</Kbd>
          </button>
        )}
        {text !== "" && <CloseButton size="xs" aria-label="Clear the filter" onClick={() => void apply("")} />}
      </div>
      {open && (
        <Suspense fallback={null}>
          <QuerySuggestions id={`${id}-list`} choices={choices} active={active} partial={found.counted < found.total ? `${formatCount(found.counted)} of ${formatCount(found.total)} counted` : null} onChoose={choose} onHover={setActive} />
        </Suspense>
      )}
      {said !== null && !open && (
        <p id={`${id}-fault`} className={classes.fault} role="alert">
          {said.replace(/^filter: /, "")}
        </p>
      )}
    </div>
  );
}
