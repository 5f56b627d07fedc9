/** Owns changing a filter term by term, as facets and attribute menus do: what is chosen of a field, what is left out. */
import { tokenize, type Token, unquoted } from "./filterTokens";

/** One of the conditions that must all hold, [start, end) in the text; `terms` are what it chooses from when it is plain enough to edit. */
type Part = { start: number; end: number; negated: boolean; terms: string[] };

const sameTerm = (a: string, b: string): boolean => {
  const plain = (term: string) => {
    const [key, value] = tokenize(term);
    return key?.kind === "key" && value !== undefined ? `${term.slice(0, key.end)}${unquoted(term.slice(value.start, value.end))}` : term;
  };
  return plain(a) === plain(b);
};

/** The field or attribute of a term, with its colon. */
const keyOf = (term: string): string => {
  const key = tokenize(term)[0];
  return key?.kind === "key" ? term.slice(0, key.end) : "";
};

/** The end of the atom or group that starts at a token. */
function unitEnd(tokens: Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    const kind = tokens[at]?.kind;
    if (kind === "open") depth += 1;
    if (kind === "close") depth -= 1;
    if (depth <= 0 && kind !== "key") return at;
  }
  return tokens.length - 1;
}

/** The terms of `a` or `(a OR b OR c)`, each a key with its value; empty for anything else. */
function choicesOf(text: string, tokens: Token[]): string[] {
  const inner = tokens[0]?.kind === "open" ? tokens.slice(1, -1) : tokens;
  const terms: string[] = [];
  for (let at = 0; at < inner.length; at += 3) {
    const [key, value, or] = [inner[at], inner[at + 1], inner[at + 2]];
    if (key?.kind !== "key" || value?.kind !== "value") return [];
    if (or !== undefined && text.slice(or.start, or.end) !== "OR") return [];
    terms.push(text.slice(key.start, value.end));
  }
  return new Set(terms.map(keyOf)).size === 1 ? terms : [];
}

/** The conditions a filter is made of, or null when it cannot be taken apart: an OR at the top. */
function partsOf(text: string): Part[] | null {
  const tokens = tokenize(text);
  const parts: Part[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const first = tokens[at];
    if (first === undefined) break;
    if (first.kind === "operator") {
      if (text.slice(first.start, first.end) === "OR") return null;
      continue;
    }
    let from = at;
    while (tokens[from]?.kind === "not") from += 1;
    const last = unitEnd(tokens, from);
    const end = tokens[last]?.end ?? first.end;
    parts.push({ start: first.start, end, negated: from > at, terms: choicesOf(text, tokens.slice(from, last + 1)) });
    at = last;
  }
  return parts;
}

const replace = (text: string, part: Part, by: string): string => `${text.slice(0, part.start)}${by}${text.slice(part.end)}`.replace(/^\s*AND\b|\bAND\s*$/g, "").replace(/ {2,}/g, " ").trim();

/** A filter with one condition more. */
export function withTerm(text: string, term: string): string {
  if (text.trim() === "") return term;
  return partsOf(text) === null ? `(${text.trim()}) ${term}` : `${text.trim()} ${term}`;
}

/** What a filter says of one of these terms: chosen, left out, or nothing. */
export function stateOf(text: string, term: string): "in" | "out" | null {
  for (const part of partsOf(text) ?? []) {
    if (part.terms.some((one) => sameTerm(one, term))) return part.negated ? "out" : "in";
  }
  return null;
}

/** A filter in which a term is chosen beside others of its field, or no longer is. */
export function toggleTerm(text: string, term: string): string {
  const part = partsOf(text)?.find(({ negated, terms }) => !negated && terms.length > 0 && keyOf(terms[0] ?? "") === keyOf(term));
  const clean = stateOf(text, term) === "out" ? excludeTerm(text, term) : text;
  if (part === undefined || clean !== text) return withTerm(clean, term);
  const before = part.terms;
  const chosen = before.some((one) => sameTerm(one, term)) ? before.filter((one) => !sameTerm(one, term)) : [...before, term];
  return replace(text, part, chosen.length > 1 ? `(${chosen.join(" OR ")})` : (chosen[0] ?? ""));
}

/** A filter in which a term is left out, or no longer is; chosen before, it is so no more. */
export function excludeTerm(text: string, term: string): string {
  const state = stateOf(text, term);
  if (state === "out") {
    const part = partsOf(text)?.find(({ negated, terms }) => negated && terms.some((one) => sameTerm(one, term)));
    return part === undefined ? text : replace(text, part, "");
  }
  return withTerm(state === "in" ? toggleTerm(text, term) : text, `-${term}`);
}

/** A filter without what it chooses of a field: what a facet of that field is counted under, so that its other values stay in sight. */
export function withoutField(text: string, field: string): string {
  const part = partsOf(text)?.find(({ negated, terms }) => !negated && terms.length > 0 && keyOf(terms[0] ?? "") === `${field}:`);
  return part === undefined ? text : replace(text, part, "");
}

/** The values that a filter chooses of these fields, and what else it says. */
export function choicesIn(text: string, fields: string[]): { choices: Record<string, string[]>; rest: string } {
  const choices: Record<string, string[]> = {};
  let rest = text.trim();
  for (const field of fields) {
    const part = partsOf(rest)?.find(({ negated, terms }) => !negated && terms.length > 0 && keyOf(terms[0] ?? "") === `${field}:`);
    if (part === undefined) continue;
    choices[field] = part.terms.map((term) => unquoted(term.slice(field.length + 1)));
    rest = replace(rest, part, "");
  }
  return { choices, rest };
}
