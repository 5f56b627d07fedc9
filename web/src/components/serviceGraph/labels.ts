/** Owns where the texts of the edges stand: on their own line, clear of each other. */
type Point = { x: number; y: number };

/** A line through points, and the room its text needs. */
export type Line = { id: string; points: Point[]; width: number };

const height = 18;
const along = [0.5, 0.62, 0.74, 0.38, 0.84, 0.26];

const turned = ({ x, y }: Point): Point => ({ x: y, y: x });

/** A place on the curve between two points, at `t` from 0 to 1; it leaves and reaches them level or, `down`, upright. */
function onCurve(from: Point, to: Point, t: number, down: boolean): Point {
  if (down) return turned(onCurve(turned(from), turned(to), t, false));
  const reach = Math.max(24, Math.abs(to.x - from.x) / 2);
  const x = [from.x, from.x + reach, to.x - reach, to.x] as const;
  const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t ** 3];
  return { x: a * x[0] + b * x[1] + c * x[2] + d * x[3], y: (a + b) * from.y + (c + d) * to.y };
}

/** How far two texts overlap, 0 when they do not. */
function overlap(a: Point, wideA: number, b: Point, wideB: number): number {
  const x = (wideA + wideB) / 2 + 4 - Math.abs(a.x - b.x);
  const y = height - Math.abs(a.y - b.y);
  return x > 0 && y > 0 ? x * y : 0;
}

/** The middle of each line's text by its id: on the last stretch, which is the line's own, at the first place where it covers no other text. */
export function placeLabels(lines: Line[], down = false): Map<string, Point> {
  const placed: { at: Point; width: number }[] = [];
  const places = new Map<string, Point>();
  for (const { id, points, width } of lines) {
    const [from, to] = [points.at(-2), points.at(-1)];
    if (from === undefined || to === undefined) continue;
    const costs = along.map((t) => {
      const at = onCurve(from, to, t, down);
      return { at, cost: placed.reduce((sum, other) => sum + overlap(at, width, other.at, other.width), 0) };
    });
    const { at } = costs.reduce((best, one) => (one.cost < best.cost ? one : best));
    placed.push({ at, width });
    places.set(id, at);
  }
  return places;
}
