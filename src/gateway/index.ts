export { type Gateway, type GatewayLogin, type GatewayOptions, startGateway } from './gateway.js';
