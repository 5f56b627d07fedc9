/** Owns patterns of log records: the shape of `/api/patterns`, and what of a filter it can be asked for. */
import type { Severity } from "../api/types";
import { choicesIn } from "./filterEdit";

/** What some log records have in common; `<*>` stands for what varies, `…` for a rest. `term` is the filter that finds them; the times are of all records that were ever of it. */
export type Pattern = {
  id: string;
  template: string;
  count: number;
  trend: number[];
  services: { service_name: string; count: number }[];
  severities: { severity: Severity; count: number }[];
  first_seen: string;
  last_seen: string;
  term: string;
};

export type PatternsResponse = { start: string; end: string; patterns: Pattern[]; total: number; total_logs: number };

const names = new Set(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "UNSPECIFIED"]);

/** The parts of a filter that patterns are counted by: services, severities, patterns; `whole` when there is nothing else in it. */
export function patternConditions(filter: string): { service_name: string[]; severity: string[]; pattern: string[]; whole: boolean } {
  const { choices, rest } = choicesIn(filter, ["service", "severity", "pattern"]);
  const severity = (choices.severity ?? []).map((name) => name.toUpperCase());
  const plain = severity.every((name) => names.has(name));
  return { service_name: choices.service ?? [], severity: plain ? severity : [], pattern: choices.pattern ?? [], whole: rest === "" && plain };
}

/** A template in pieces: what all its records say, and where they differ. */
export const templatePieces = (template: string): { text: string; varies: boolean }[] =>
  template
    .split(/(<\*>)/)
    .filter((text) => text !== "")
    .map((text) => (text === "<*>" ? { text: "…", varies: true } : { text, varies: false }));
