import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const at = (place: string) => fileURLToPath(new URL(place, import.meta.url));

export default defineConfig({
  base: './', // works behind any prefix of a path
  plugins: [react()],
  build: {
    outDir: '../src/trainset/static',
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0, // data: addresses would break under the policy
    modulePreload: { polyfill: false },
    target: ['chrome111', 'firefox115', 'safari16.4'],
    rolldownOptions: { input: { app: at('index.html') } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8765' } },
});
