export { appEnvironment } from './app-environment.js';
export {
  type AppExit,
  type AppProcess,
  type AppProcessOptions,
  howEnded,
  startApp,
} from './app-process.js';
export { atTheGateway } from './own-address.js';
export { packedBytesIn, packedReport } from './packed-weights.js';
export { type RestartableApp, restartableApp } from './restartable-app.js';
export { createStandby, type Standby } from './standby.js';
export { isOwnChoice, waitForStart } from './wait-for-start.js';
