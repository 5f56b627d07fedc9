/** Owns how the frames of a flame graph are painted: only what is in view, only what is wide enough to see. */
import { paletteSize, serviceSlot } from "../../lib/colors";
import { formatDuration } from "../../lib/duration";
import type { Frames } from "../../lib/flame";
import { shortOperation } from "../../lib/operation";
import type { SpanTree } from "../../lib/spanTree";

export const frameHeight = 22;
export type Window = { from: number; to: number };
export type Scene = { tree: SpanTree; frames: Frames; window: Window; width: number; height: number; scrollTop: number; marked: number; dimmed: ((frame: number) => boolean) | null };

/** Black or white, whichever reads better on a colour `#rrggbb`. */
function inkOn(color: string): string {
  const channel = (at: number) => (Number.parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2;
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) > 0.2 ? "#10131a" : "#ffffff";
}

type Palette = { fill: string; ink: string }[];

/** The services' colours as the theme has them now. */
function paletteOf(context: CanvasRenderingContext2D, style: CSSStyleDeclaration): Palette {
  return Array.from({ length: paletteSize }, (_, slot) => {
    context.fillStyle = style.getPropertyValue(`--service-${slot}`);
    const fill = String(context.fillStyle);
    return { fill, ink: inkOn(fill) };
  });
}

/** A text cut to a width, empty when hardly anything would be left. */
function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  const letters = Math.floor(room / 6.4);
  if (letters < 4) return "";
  if (context.measureText(text).width <= room) return text;
  return `${text.slice(0, letters - 1)}…`;
}

export function paintFlame(canvas: HTMLCanvasElement, scene: Scene): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { tree, frames, window: part, width, height, scrollTop, marked, dimmed } = scene;
  const ratio = globalThis.devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const palette = paletteOf(context, style);
  const slots = tree.serviceNames.map(serviceSlot);
  const [red, ink] = [style.getPropertyValue("--argus-error"), style.getPropertyValue("--argus-ink")];
  context.font = `500 11.5px ${style.getPropertyValue("--mantine-font-family")}`;
  context.textBaseline = "middle";
  const scale = width / (part.to - part.from);
  const painted = new Float64Array(frames.depth).fill(-1);
  for (let frame = 0; frame < frames.size; frame += 1) {
    const level = frames.levels[frame] ?? 0;
    const y = level * frameHeight - scrollTop;
    const left = Math.max(0, ((frames.from[frame] ?? 0) - part.from) * scale);
    const right = Math.min(width, ((frames.to[frame] ?? 0) - part.from) * scale);
    const failed = (frames.errors[frame] ?? 0) > 0;
    if (y + frameHeight < 0 || y > height || right < 0 || left > width || (right < (painted[level] ?? 0) + 0.5 && !failed)) continue;
    painted[level] = right;
    const node = frames.nodes[frame] ?? 0;
    const color = palette[slots[tree.services[node] ?? 0] ?? 0] ?? { fill: ink, ink: "#ffffff" };
    const length = Math.max(right - left - 1, 1);
    context.globalAlpha = dimmed?.(frame) ? 0.22 : 1;
    context.fillStyle = color.fill;
    context.fillRect(left, y, length, frameHeight - 2);
    if (failed) {
      context.fillStyle = red;
      context.fillRect(left, y + frameHeight - 5, Math.max(length, 2), 3);
    }
    if (frame === marked) {
      context.strokeStyle = ink;
      context.lineWidth = 2;
      context.strokeRect(left + 1, y + 1, Math.max(length - 2, 1), frameHeight - 4);
    }
    if (length < 34) continue;
    const name = shortOperation(tree.operationNames[tree.operations[node] ?? 0] ?? "");
    const service = tree.serviceNames[tree.services[node] ?? 0] ?? "";
    context.fillStyle = color.ink;
    context.fillText(fitted(context, `${service} ${name}  ${formatDuration(frames.totals[frame] ?? 0)}`, length - 10), left + 5, y + frameHeight / 2 - 1);
  }
}
