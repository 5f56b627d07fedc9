/** Owns how the bundle is built and how the development server finds the back end. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const target = process.env.ARGUS_DEV_TARGET ?? "http://127.0.0.1:8080";
const proxied = { target, changeOrigin: true };

/** Large, and for the few pages that draw a graph. */
const drawsGraphs = /node_modules\/(@xyflow|@dagrejs|d3-|classcat|zustand)|components\/serviceGraph/;

export default defineConfig({
  plugins: [react()],
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      "/api": proxied,
      "/v1": proxied,
      "/metrics": proxied,
      "/ws": { ...proxied, ws: true },
    },
  },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // what several pages share, in few files: dozens of small ones cost more to ask for than to read
        codeSplitting: { groups: [{ name: "shared", test: (id) => !drawsGraphs.test(id), minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 3_000 }] },
        chunkFileNames: ({ name }) => `assets/${name.split("~")[0]}-[hash].js`,
      },
    },
  },
});
