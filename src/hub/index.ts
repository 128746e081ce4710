export { bringSpace, type Consent, describePlan } from './bring.js';
export { createHub, type HubParts } from './create-hub.js';
export { HubError } from './errors.js';
export { formatHubName, type HubAddress, type HubName, isHubName, parseHubName } from './names.js';
export * from './port.js';
export { type HubSettings, readHubSettings, Token } from './settings.js';
export { askingHub, namesakeLine, spaceWordIn } from './space-word.js';
