/** Owns reading the answer of `/api/patterns`. */
import { countsOf, fieldsOf, listOf, numberOf, textOf } from "./reading";

/** What log records that say the same have in common, and how many did when; `<*>` stands for what varies. */
export type Pattern = { id: string; template: string; count: number; trend: number[]; services: [string, number][]; severities: [string, number][]; firstSeen: string; lastSeen: string; isNew: boolean | null };
/** The most frequent patterns of `total`; `records` are of any of them. */
export type Patterns = { patterns: Pattern[]; total: number; records: number };

/** A share of the trend's points may come as numbers or as objects with a count. */
const trendOf = (value: unknown): number[] => listOf(value).map((point) => (typeof point === "number" ? point : numberOf(fieldsOf(point).count)));

export function readPatterns(answer: unknown): Patterns {
  const body = fieldsOf(answer);
  const patterns = listOf(body.patterns).map((entry): Pattern => {
    const fields = fieldsOf(entry);
    return {
      id: textOf(fields, "id", "pattern_id"),
      template: textOf(fields, "template", "pattern"),
      count: numberOf(fields.count),
      trend: trendOf(fields.trend),
      services: countsOf(fields.services),
      severities: countsOf(fields.severities ?? fields.severity),
      firstSeen: textOf(fields, "first_seen"),
      lastSeen: textOf(fields, "last_seen"),
      isNew: typeof fields.new === "boolean" ? fields.new : null,
    };
  });
  return { patterns, total: numberOf(body.total, patterns.length), records: numberOf(body.records, patterns.reduce((sum, { count }) => sum + count, 0)) };
}

/** A template in pieces: what all its records say, and where they differ. */
export const templatePieces = (template: string): { text: string; varies: boolean }[] =>
  template
    .split(/(<[^<>\s]*>)/)
    .filter((text) => text !== "")
    .map((text) => ({ text: /^<[^<>\s]*>$/.test(text) ? "…" : text, varies: /^<[^<>\s]*>$/.test(text) }));
