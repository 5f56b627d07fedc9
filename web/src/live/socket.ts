/** Owns one WebSocket that comes back by itself: backoff with jitter, a greeting on each connection, and a state to show. */

/** `waiting` is between two attempts; `closed` is for good. */
export type SocketState = "connecting" | "open" | "waiting" | "closed";

export type SocketOptions = {
  /** Where to connect; asked anew for each attempt. */
  address: () => string;
  /** Each message, decoded. */
  onMessage: (message: unknown) => void;
  onState?: (state: SocketState) => void;
  /** What to say first on each connection; the place to resume from. */
  greeting?: () => unknown;
  /** The connection counts as dead after this long without a message. The server must give signs of life more often. */
  silenceMs?: number;
  firstDelayMs?: number;
  longestDelayMs?: number;
};

const tryAgainLater = 1013;

/** The address of a path of the server that this page came from. */
export const liveAddress = (path: string): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;

/** The pause before attempt `attempt` (from 0): doubled each time up to the longest, then between half and all of it. */
export function backoff(attempt: number, firstMs: number, longestMs: number, random: () => number = Math.random): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30));
  return full * (0.5 + random() / 2);
}

/** Connects at once and whenever the connection is lost, until `close`. */
export class LiveSocket {
  state: SocketState = "closed";
  private socket: WebSocket | null = null;
  private listening = new AbortController();
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: SocketOptions) {
    addEventListener("online", this.hurry);
    this.connect();
  }

  /** Says something if the connection is open; else `greeting` has to say it on the next one. */
  send(request: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(request));
  }

  /** Makes the connection anew, for one who has reason to think that it is dead. */
  renew(): void {
    if (this.state === "open") this.wait();
  }

  /** Ends the connection and all attempts. */
  close(): void {
    removeEventListener("online", this.hurry);
    this.drop();
    this.enter("closed");
  }

  private readonly hurry = (): void => {
    if (this.state === "waiting") this.connect();
  };

  private connect(): void {
    this.drop();
    this.enter("connecting");
    const socket = new WebSocket(this.options.address());
    const { signal } = (this.listening = new AbortController());
    this.socket = socket;
    socket.addEventListener("open", () => this.greet(), { signal });
    socket.addEventListener("message", (event: MessageEvent<string>) => this.hear(event.data), { signal });
    socket.addEventListener("close", (event) => this.wait(event.code), { signal });
  }

  private greet(): void {
    const greeting = this.options.greeting?.();
    if (greeting !== undefined) this.send(greeting);
    this.enter("open");
    this.listen();
  }

  private hear(text: string): void {
    this.attempts = 0;
    this.listen();
    this.options.onMessage(JSON.parse(text));
  }

  private listen(): void {
    clearTimeout(this.silence);
    if (this.options.silenceMs !== undefined) this.silence = setTimeout(() => this.wait(), this.options.silenceMs);
  }

  private wait(code?: number): void {
    this.drop();
    // a server that is full said so; coming back at once would keep it full
    if (code === tryAgainLater) this.attempts = Math.max(this.attempts, 3);
    const pause = backoff(this.attempts, this.options.firstDelayMs ?? 500, this.options.longestDelayMs ?? 30_000);
    this.attempts += 1;
    this.enter("waiting");
    this.timer = setTimeout(() => this.connect(), pause);
  }

  private drop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.listening.abort();
    this.socket?.close();
    this.socket = null;
  }

  private enter(state: SocketState): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onState?.(state);
  }
}
