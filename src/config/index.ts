export { type ConfigOptions, type ConfigRequest, type ConfigWorld, config } from './config.js';
