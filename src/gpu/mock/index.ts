export { createMockBackend, emulatedEnvironment, emulatedPythonDir } from './backend.js';
