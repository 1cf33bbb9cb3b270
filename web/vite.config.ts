import { readFileSync } from 'node:fs'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/**
 * The theme is put on the root element before anything is painted. A module would run too late and the page's policy
 * allows no inline script, so it is a file of its own that the head waits for.
 */
function themeScript(): Plugin {
  const source = new URL('./src/app/theme-first.js', import.meta.url)
  return {
    name: 'theme-script',
    buildStart() {
      if (this.meta.watchMode || this.environment.config.command === 'serve') return
      this.emitFile({ type: 'asset', name: 'theme.js', source: readFileSync(source) })
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const file = Object.values(bundle ?? {}).find(
          ({ type, fileName }) => type === 'asset' && /^assets\/theme-.*\.js$/.test(fileName),
        )
        const src = file === undefined ? '/src/app/theme-first.js' : `/${file.fileName}`
        return [{ tag: 'script', attrs: { src }, injectTo: 'head-prepend' }]
      },
    },
  }
}

// biome-ignore lint/style/noDefaultExport: vite reads its configuration from the default export.
export default defineConfig({
  plugins: [react(), tailwindcss(), themeScript()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Small fonts and pictures stay files: the policy allows data: for pictures only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
    // All that the first load needs is one file: parts that pages share with it would otherwise be files of their own.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'initial', tags: ['$initial'] }] } } },
  },
  server: {
    host: '127.0.0.1',
    port: 7701,
    proxy: {
      // The server compares a write's origin with the host that it was sent to, so the host stays the page's.
      '/api': { target: 'http://127.0.0.1:7700', changeOrigin: false },
      '/health': { target: 'http://127.0.0.1:7700', changeOrigin: false },
      '/ws': { target: 'ws://127.0.0.1:7700', ws: true, changeOrigin: false },
    },
  },
})
