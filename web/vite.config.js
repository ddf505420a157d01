import { defineConfig } from "vite";

// The page is served by sitewatch itself and ships in its wheel: everything in it, nothing from elsewhere.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../src/sitewatch/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
