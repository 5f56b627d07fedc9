/** Owns talking to the server: one GET, one kind of error. */

/** What the server, or the way to it, said instead of an answer. `field` names the parameter that is wrong, if one is. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export type Params = Record<string, string | number | string[] | null | undefined>;

/** A query string in which lists repeat their key and empty values leave no trace. */
export function queryString(params: Params): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const said = (body as { error?: { code?: string; message?: string; field?: string | null } } | null)?.error;
  const message = said?.message ?? `The server answered ${response.status}.`;
  return new ApiError(response.status, said?.code ?? "unknown", message, said?.field ?? null);
}

/** The JSON answer of a GET; raises ApiError for any other answer and for none (code `unreachable`). */
export async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${path}${queryString(params)}`, { headers: { accept: "application/json" }, signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "The Argus server does not answer. Is it running?");
  }
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as T;
}
