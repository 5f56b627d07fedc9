/** Owns what the health says of the AI that looks at errors. */

export type AiFacts = { enabled: boolean; state: string; model: string; queue: number | null; budget: string | null };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** A budget as a number of tokens, or as an object whose numbers are named. */
function budgetText(value: unknown): string | null {
  if (typeof value === "string") return value;
  const count = numberOf(value);
  if (count !== null) return count.toLocaleString("en");
  if (typeof value !== "object" || value === null) return null;
  const parts = Object.entries(value).flatMap(([name, part]) => (numberOf(part) === null ? [] : [`${Number(part).toLocaleString("en")} ${name.replaceAll("_", " ")}`]));
  return parts.length === 0 ? null : parts.join(" · ");
}

/** Null when the server says nothing of an AI. */
export function aiFacts(health: object): AiFacts | null {
  const ai: unknown = "ai" in health ? health.ai : null;
  if (typeof ai !== "object" || ai === null) return null;
  const said = ai as Record<string, unknown>;
  return { enabled: said.enabled === true, state: textOf(said.state) || "on", model: textOf(said.model), queue: numberOf(said.queue), budget: budgetText(said.budget) };
}
