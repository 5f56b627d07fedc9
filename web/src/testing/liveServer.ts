/** A WebSocket server for tests, on a real socket: it accepts, says text, hears text and closes. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { MessageChannel } from "node:worker_threads";
import { onTestFinished, vi } from "vitest";

function frame(opcode: number, payload: Buffer): Buffer {
  const short = payload.length < 126;
  const head = Buffer.alloc(short ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = short ? payload.length : 126;
  if (!short) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** One client's connection; `heard` are the requests it sent. */
export class Peer {
  readonly heard: unknown[] = [];
  private bytes = Buffer.alloc(0);

  constructor(
    readonly path: string,
    private readonly socket: Socket,
  ) {
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    socket.on("error", () => {});
  }

  say(message: unknown): void {
    this.socket.write(frame(1, Buffer.from(JSON.stringify(message))));
  }

  close(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.socket.end(frame(8, payload));
  }

  /** Ends the connection as a cable that is pulled would. */
  cut(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    for (;;) {
      const coded = (this.bytes[1] ?? 0) & 127;
      const head = coded < 126 ? 6 : 8;
      if (this.bytes.length < head) return;
      const length = coded < 126 ? coded : this.bytes.readUInt16BE(2);
      if (this.bytes.length < head + length) return;
      const mask = this.bytes.subarray(head - 4, head);
      const payload = this.bytes.subarray(head, head + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
      if (((this.bytes[0] ?? 0) & 15) === 1) this.heard.push(JSON.parse(Buffer.from(payload).toString()));
      this.bytes = this.bytes.subarray(head + length);
    }
  }
}

function accept(request: IncomingMessage, socket: Socket): Peer {
  const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  return new Peer(request.url ?? "", socket);
}

/** Node's own Event: jsdom's WebSocket is Node's inside, which takes no other, yet finds jsdom's under the name. */
async function ownEvent(): Promise<unknown> {
  const { port1, port2 } = new MessageChannel();
  const event = await new Promise<object>((resolve) => {
    port1.addEventListener("message", resolve as never);
    port1.start();
    port2.postMessage(null);
  });
  port1.close();
  return Object.getPrototypeOf(event.constructor);
}

/** Starts a server that the page counts as its own; `peers` grows with each connection, `refuse` makes it turn all away. */
export async function liveServer() {
  const peers: Peer[] = [];
  const control = { refuse: false, attempts: 0 };
  const server = createServer();
  server.on("upgrade", (request, socket: Socket) => {
    control.attempts += 1;
    if (control.refuse) socket.destroy();
    else peers.push(accept(request, socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubGlobal("Event", await ownEvent());
  vi.stubGlobal("location", { protocol: "http:", host });
  onTestFinished(() => {
    vi.unstubAllGlobals();
    for (const peer of peers) peer.cut();
    server.close();
  });
  /** The connection with this number, once it is there. */
  const peer = (number: number, path = ""): Promise<Peer> =>
    vi.waitUntil(() => peers.filter((one) => one.path.endsWith(path))[number], { timeout: 5_000, interval: 5 });
  return { peers, peer, control, host };
}
