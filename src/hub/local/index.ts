export { LOCAL_HUB_PORT, type LocalHub, startLocalHub } from './local-hub.js';
export type { LocalLogin } from './login.js';
export type { LocalHubPorts, LocalQuota, LocalSpace, LocalVisitor, NoVisitor } from './port.js';
