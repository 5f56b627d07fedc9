/** Owns how an exception is found on a span and its stack read: own frames bright, library frames quiet. */
import type { Span, SpanEvent } from "../api/types";

export type Exception = { type: string; message: string; lines: StackLine[]; time: string };
export type StackLine = { text: string; own: boolean };

const frame = /^\s*(at |File "|\.\.\. |[\w./$-]+\.(?:go|rs|rb):\d+)/;
const library = /node_modules|node:internal|site-packages|dist-packages|\/lib\/python|<frozen |java\.base|\b(?:java|javax|jdk|sun|kotlin|scala|org\.springframework|org\.postgresql|org\.apache|io\.netty|Microsoft|System)\.|\/go\/pkg\/mod|\/usr\/local\/go\/|process\.processTicks/;

/** The lines of a stack trace; a line that is no frame (a message, a source line) is own. */
export function stackLines(stack: string): StackLine[] {
  return stack
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((text) => ({ text, own: !(frame.test(text) && library.test(text)) }));
}

const text = (event: SpanEvent, key: string) => {
  const value = event.attributes[key];
  return typeof value === "string" ? value : "";
};

/** The exceptions recorded on a span, latest first: the last one is what ended it. */
export function exceptionsOf(span: Span): Exception[] {
  return span.events
    .filter((event) => event.name === "exception")
    .map((event) => ({
      type: text(event, "exception.type") || "exception",
      message: text(event, "exception.message"),
      lines: stackLines(text(event, "exception.stacktrace")),
      time: event.time,
    }))
    .reverse();
}
