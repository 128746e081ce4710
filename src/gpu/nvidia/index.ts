export {
  assertSharesFit,
  createNvidiaBackend,
  discoverNvidia,
  type NvidiaRequest,
} from './backend.js';
