export { type LoginApp, loginApp, loginEnvironment, loginWish } from './app.js';
export { createLoginDoor, LOGIN_PATH, type LoginDoorPorts, type LoginVisit } from './door.js';
export type { LoginVisitor } from './profile.js';
export { createLoginProvider, type LoginProvider } from './provider.js';
export { createAccessTokens, LOCAL_ACCESS_PREFIX } from './tokens.js';
