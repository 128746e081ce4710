export type { AccountVisitor } from './as-account.js';
export { knownVisitors, openLocalHub } from './local-hub.js';
export { spaceLogin, visitorsOfLogins } from './login.js';
export { findSpaceId } from './space-id.js';
