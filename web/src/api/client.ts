/** Owns talking to the server: one way to ask, one kind of error. */
import { adminToken } from "../lib/adminToken";

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

/** True when the server wants an admin token, or another one. */
export const wantsToken = (error: unknown): boolean => error instanceof ApiError && (error.status === 401 || error.status === 403);

async function answerTo(method: string, address: string, headers: Record<string, string>, signal?: AbortSignal, body?: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { method, headers: { accept: "application/json", ...headers }, signal: signal ?? null, body: body ?? null });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "The Argus server does not answer. Is it running?");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function ask<T>(...request: Parameters<typeof answerTo>): Promise<T> {
  const response = await answerTo(...request);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** The JSON answer of a GET; raises ApiError for any other answer and for none (code `unreachable`). */
export const get = <T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> => ask("GET", `${path}${queryString(params)}`, {}, signal);

/** The answer of a GET as it comes, for someone else to read; raises ApiError as `get` does. */
export const getBytes = async (path: string, params: Params, signal: AbortSignal): Promise<ArrayBuffer> => (await answerTo("GET", `${path}${queryString(params)}`, {}, signal)).arrayBuffer();

/** The JSON answer of an admin route, asked with this tab's token if there is one; raises ApiError as `get` does. */
export function admin<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const token = adminToken.get();
  return ask(method, `${path}${queryString(params)}`, token === "" ? {} : { authorization: `Bearer ${token}` }, signal);
}

/** The JSON answer of a POST that destroys nothing, with a JSON object as its body if one is given; raises ApiError as `get` does. */
export const post = <T>(path: string, params: Params = {}, body?: object, signal?: AbortSignal): Promise<T> =>
  ask("POST", `${path}${queryString(params)}`, body === undefined ? {} : { "content-type": "application/json" }, signal, body === undefined ? undefined : JSON.stringify(body));

/** What the server said against a filter, when that is why it did not answer. */
export const filterFault = (error: unknown): string | null => (error instanceof ApiError && error.status === 400 && error.field === "filter" ? error.message : null);
