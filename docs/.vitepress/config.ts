/** The site: `npm run docs` builds docs/ into docs/.vitepress/dist, with a search that works offline. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitepress';

const docs = resolve(import.meta.dirname, '..');

/** The pages of a folder, by file name. */
function pagesOf(folder: string) {
  return readdirSync(resolve(docs, folder))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => name.replace(/\.md$/, ''))
    .map((name) => ({ text: name, link: `/${folder}/${name}` }));
}

export default defineConfig({
  title: 'zerogpu',
  description: 'Run, check and understand Hugging Face ZeroGPU Spaces on your own machine.',
  // Relative links work in a folder of any name, and from a file server.
  cleanUrls: false,
  lastUpdated: false,
  rewrites: { 'rules/README.md': 'rules/index.md' },
  // Sources of the project are links on the repository's own pages only.
  ignoreDeadLinks: [/\.\.\/src\//],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Quick start', link: '/quickstart' },
      { text: 'Guide', link: '/guide' },
      { text: 'Commands', link: '/cli' },
      { text: 'Rules', link: '/rules/' },
    ],
    sidebar: [
      { text: 'Tutorial', items: [{ text: 'Quick start', link: '/quickstart' }] },
      {
        text: 'How-to',
        items: [
          { text: 'Guide by task', link: '/guide' },
          { text: 'Troubleshooting', link: '/troubleshooting' },
          { text: 'Spaces on the Hub', link: '/hub' },
          { text: 'Editors', link: '/editors' },
          { text: 'Coding agents', link: '/agents' },
          { text: 'The console in the browser', link: '/console' },
          { text: 'Share GPUs between Spaces', link: '/serve' },
          { text: 'Many GPU hosts', link: '/cluster' },
          { text: 'MCP', link: '/mcp' },
          { text: 'OpenTelemetry', link: '/otlp' },
          { text: 'Clients against a local Space', link: '/local-hub' },
          { text: 'Login', link: '/login' },
          { text: 'Refusals on demand', link: '/faults' },
          { text: 'Your own GPU', link: '/real-gpu' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Command line', link: '/cli', collapsed: true, items: pagesOf('commands') },
          { text: 'check', link: '/check' },
          { text: 'Rules', link: '/rules/', collapsed: true, items: pagesOf('rules') },
          { text: 'Errors', link: '/errors' },
          { text: 'Settings', link: '/config' },
          { text: 'quota', link: '/quota' },
          { text: 'simulate', link: '/simulate' },
          { text: 'Control API', link: '/control-api' },
          { text: "The local Hub's answers", link: '/local-hub-answers' },
        ],
      },
      {
        text: 'Explanation',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'The allocator', link: '/allocator' },
          { text: 'The emulated GPU', link: '/emulated-cuda' },
          { text: 'The weightless device', link: '/weightless' },
          { text: 'How true an estimate is', link: '/estimate' },
          { text: 'Platform facts', link: '/platform-facts' },
          { text: 'Fidelity', link: '/fidelity' },
          { text: 'Security', link: '/security' },
          { text: 'Reliability', link: '/reliability' },
          { text: 'Benchmarks', link: '/benchmarks' },
          { text: 'Scale', link: '/scale' },
          { text: 'Writing style', link: '/style' },
        ],
      },
    ],
  },
});
