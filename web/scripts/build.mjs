/** Builds dist: the Vite bundle, a .br and a .gz beside each text file, and the manifest that `check:dist` compares. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";
import { dist, filesBelow, root, sha256, sourcesHash } from "./sources.mjs";

const firstLoadLimit = 250 * 1024;
const compressible = /\.(html|js|css|svg|json)$/;

function gzip(bytes) {
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 255; // the operating system field of RFC 1952: unknown, so that every machine writes the same bytes
  return packed;
}

function compress() {
  for (const path of filesBelow(dist, dist).filter((name) => compressible.test(name))) {
    const bytes = readFileSync(join(dist, path));
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
    writeFileSync(join(dist, `${path}.br`), brotliCompressSync(bytes, options));
    writeFileSync(join(dist, `${path}.gz`), gzip(bytes));
  }
}

/** The chunks that a page needs: the entry's and the page's own, with everything they import. */
function chunksOf(output, page) {
  const chunks = new Map(output.filter((part) => part.type === "chunk").map((part) => [part.fileName, part]));
  const queue = [...chunks.values()].filter((chunk) => chunk.isEntry || chunk.facadeModuleId?.endsWith(page));
  const seen = new Set(queue);
  for (const chunk of queue) {
    for (const name of chunk.imports) {
      const next = chunks.get(name);
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return queue;
}

/** Bytes a browser fetches, compressed with brotli, before a page is drawn: document, scripts, styles and the text font. */
function firstLoad(output, page) {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);
  const chunks = chunksOf(output, page);
  const styles = chunks.flatMap((chunk) => [...(chunk.viteMetadata?.importedCss ?? [])]);
  const font = filesBelow(dist, dist).filter((path) => /\/inter-.{8}\.woff2$/.test(path));
  const size = (path) => readFileSync(join(dist, compressible.test(path) ? `${path}.br` : path)).length;
  const all = new Set(["index.html", ...named, ...chunks.map((chunk) => chunk.fileName), ...styles, ...font]);
  return [...all].reduce((sum, path) => sum + size(path), 0);
}

const { output } = await build({ root, logLevel: "warn" });
compress();
const files = Object.fromEntries(filesBelow(dist, dist).map((path) => [path, sha256(readFileSync(join(dist, path)))]));
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify({ sources: sourcesHash(), files }, null, 1)}\n`);
const bytes = Math.max(...["/OverviewPage.tsx", "/TracesPage.tsx"].map((page) => firstLoad(output, page)));
process.stdout.write(`first load: ${(bytes / 1024).toFixed(1)} KiB, ${Object.keys(files).length} files\n`);
if (bytes > firstLoadLimit) {
  process.stderr.write(`first load is over ${firstLoadLimit / 1024} KiB\n`);
  process.exit(1);
}
