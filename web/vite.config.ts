/** Owns how the bundle is built and how the development server finds the back end. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const target = process.env.ARGUS_DEV_TARGET ?? "http://127.0.0.1:8080";
const proxied = { target, changeOrigin: true };

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
  },
});
