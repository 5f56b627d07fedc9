/** Owns how an exception is found on a span and its stack read: own frames bright, library frames quiet. */
import type { Log, Span } from "../api/types";
import { httpStatusOf } from "./peer";

type Attributes = Record<string, unknown>;
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

/** A call on the stack. */
export type Frame = { name: string; file: string; line: number };

const longestRead = 600;
const forms = [
  /^\s*File "(?<file>[^"]+)", line (?<line>\d+)(?:, in (?<name>.+))?/, // Python
  /^\s*at (?<name>.+?) in (?<file>.+?):line (?<line>\d+)/, // .NET
  /^\s*at (?:async )?(?<name>[^\s(].*?) \((?:file:\/\/)?(?<file>[^()]+?):(?<line>\d+)(?::\d+)?\)/, // JavaScript
  /^\s*at (?<name>[\w.$<>/@-]+)\((?<file>[^():]+):(?<line>\d+)\)/, // Java
  /^\s*at (?:file:\/\/)?(?<file>\S+?):(?<line>\d+)(?::\d+)?$/, // JavaScript outside of a function
  /^\s*(?<file>[\w./$-]+\.(?:go|rs|rb)):(?<line>\d+)(?::in [`'](?<name>.+)')?/, // Go, Rust, Ruby
];

/** What a line of a stack trace calls, null when it is of no form that is known; the file by its last two names. */
export function frameOf(line: string): Frame | null {
  const text = line.slice(0, longestRead).trimEnd();
  for (const form of forms) {
    const found = form.exec(text)?.groups;
    if (found?.file === undefined) continue;
    return { name: found.name?.trim() ?? "", file: found.file.split(/[\\/]/).slice(-2).join("/"), line: Number(found.line) };
  }
  return null;
}

/** Whether a line only underlines the one before it, or announces frames. */
export const isDecoration = (line: string): boolean => /^[\s^~]*$|^Traceback \(most recent call last\):$/.test(line);

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

const text = (attributes: Attributes, key: string) => {
  const value = attributes[key];
  return typeof value === "string" ? value : "";
};

const exceptionFrom = (attributes: Attributes, time: string): Exception => ({
  type: text(attributes, "exception.type") || "exception",
  message: text(attributes, "exception.message"),
  lines: stackLines(text(attributes, "exception.stacktrace")),
  time,
});

/** The exception that a log record carries, null without one. */
export function exceptionOfLog(log: Pick<Log, "attributes" | "timestamp">): Exception | null {
  const found = exceptionFrom(log.attributes, log.timestamp);
  return found.message === "" && found.lines.length === 0 && !("exception.type" in log.attributes) ? null : found;
}

/** The exceptions recorded on a span, latest first: the last one is what ended it. */
export function exceptionsOf(span: Span): Exception[] {
  return span.events
    .filter((event) => event.name === "exception")
    .map((event) => exceptionFrom(event.attributes, event.time))
    .reverse();
}
