export { type LspWorld, lsp, type RawLspOptions } from './lsp.js';
