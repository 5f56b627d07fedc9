/** Owns reading a filter (docs/query.md) as far as its editor must: tokens, and what is being written at the caret. The server alone judges it. */

export type TokenKind = "key" | "value" | "text" | "operator" | "not" | "open" | "close";
/** A piece of a filter, [start, end). A key's end is behind its colon; its value, if only an empty one, is the next token. */
export type Token = { kind: TokenKind; start: number; end: number };

const quotedText = String.raw`"(?:\\[\s\S]|[^"\\])*"?`;
const keyForm = new RegExp(String.raw`(?:[\w.]+\.)?"(?:\\[\s\S]|[^"\\])*":(?!//)|(?:\\[\s\S]|[^\s()":\\])+:(?!//)`, "y");
const valueForm = new RegExp(String.raw`[[{][^\]}]*[\]}]?|(?:[<>]=?)?(?:${quotedText}|(?:\\[\s\S]|[^\s()"\\])*)`, "y");
const textForm = new RegExp(String.raw`${quotedText}|(?:\\[\s\S]|[^\s()"\\])+|\\`, "y");

function match(form: RegExp, text: string, at: number): number {
  form.lastIndex = at;
  return form.test(text) ? form.lastIndex : -1;
}

/** The tokens of a filter from left to right; blanks are between them. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: TokenKind, end: number) => {
    tokens.push({ kind, start: at, end });
    at = end;
  };
  while (at < text.length) {
    const sign = text.charAt(at);
    if (/\s/.test(sign)) {
      at += 1;
      continue;
    }
    if (sign === "(" || sign === ")") push(sign === "(" ? "open" : "close", at + 1);
    else if (sign === "-" && /[^\s)]/.test(text.charAt(at + 1))) push("not", at + 1);
    else {
      const keyEnd = match(keyForm, text, at);
      if (keyEnd > 0) {
        push("key", keyEnd);
        push("value", Math.max(at, match(valueForm, text, at)));
        continue;
      }
      const end = Math.max(at + 1, match(textForm, text, at));
      const word = text.slice(at, end);
      push(word === "NOT" ? "not" : word === "AND" || word === "OR" ? "operator" : "text", end);
    }
  }
  return tokens;
}

/** A quoted text without its quotes, anything else as it is. */
export const unquoted = (text: string): string => (text.startsWith('"') ? text.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1") : text);

/** The key that a key token names, without its colon and, where they say nothing, its quotes. */
export const keyName = (token: string): string => unquoted(token.replace(/:$/, ""));

/** What a person is writing: a key (or a word: nobody knows yet), or a value of `key`. The completion replaces [from, to). */
export type Writing = { kind: "key"; prefix: string; from: number; to: number } | { kind: "value"; key: string; prefix: string; from: number; to: number; rest: string };

/** A filter without one piece, for asking what else there is. */
const without = (text: string, from: number, to: number): string => `${text.slice(0, from)}${text.slice(to)}`.replace(/\s+/g, " ").trim();

/** What is being written at the caret. */
export function writingAt(text: string, caret: number): Writing {
  const tokens = tokenize(text);
  const at = tokens.findIndex((token) => token.start <= caret && caret <= token.end && (token.kind === "value" || token.kind === "text" || (token.kind === "key" && caret < token.end)));
  const token = tokens[at];
  if (token === undefined) return { kind: "key", prefix: "", from: caret, to: caret };
  if (token.kind === "value") {
    const key = tokens[at - 1] ?? token;
    const said = text.slice(token.start, caret);
    return { kind: "value", key: text.slice(key.start, key.end - 1), prefix: unquoted(said.replace(/^[<>]=?/, "")), from: key.start, to: token.end, rest: without(text, key.start, token.end) };
  }
  const to = token.kind === "key" ? (tokens[at + 1]?.end ?? token.end) : token.end;
  return { kind: "key", prefix: unquoted(text.slice(token.start, caret)), from: token.start, to };
}

/** The column that the server's message about a filter points at, counted from 0; null when it names none. */
export function faultColumn(message: string): number | null {
  const found = /column (\d+)/.exec(message);
  return found === null ? null : Number(found[1]) - 1;
}
