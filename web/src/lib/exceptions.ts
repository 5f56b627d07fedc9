/** Owns how an exception is found on a span and its stack read: own frames bright, library frames quiet. */
import type { Span, SpanEvent } from "../api/types";
import { httpStatusOf } from "./peer";

export type Exception = { type: string; message: string; lines: StackLine[]; time: string };
/** `frame` tells a call from the lines around it: messages, source lines. */
export type StackLine = { text: string; own: boolean; frame: boolean };

const frame = /^\s*(at |File "|\.\.\. |[\w./$-]+\.(?:go|rs|rb):\d+)/;
const library = /node_modules|node:internal|site-packages|dist-packages|\/lib\/python|<frozen |java\.base|\b(?:java|javax|jdk|sun|kotlin|scala|org\.springframework|org\.postgresql|org\.apache|io\.netty|Microsoft|System)\.|\/go\/pkg\/mod|\/usr\/local\/go\/|process\.processTicks/;

/** The lines of a stack trace. An indented line that is no frame is the source of the frame above it and goes with it; a message is own. */
export function stackLines(stack: string): StackLine[] {
  let own = true;
  return stack
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((text) => {
      const isFrame = frame.test(text);
      if (isFrame) own = !library.test(text);
      else if (!/^\s/.test(text)) own = true;
      return { text, own, frame: isFrame };
    });
}

/** Why a span failed, in one line, from what it says besides exceptions; empty when it says nothing. */
export function failureOf(span: Span): string {
  if (span.status_message !== "") return span.status_message;
  const status = httpStatusOf(span);
  if (status !== null && status >= 400) return `HTTP ${status}`;
  const type = span.attributes["error.type"];
  return typeof type === "string" ? type : "";
}

/** Whether a span's status message only repeats the exception: its message, or its type and message. */
export function repeats(message: string, { type, message: said }: Exception): boolean {
  const plain = (text: string) => text.replace(/[:\s]+$/, "").trim();
  const short = type.slice(type.lastIndexOf(".") + 1);
  return [said, `${type}: ${said}`, `${short}: ${said}`].some((form) => plain(form) === plain(message));
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
