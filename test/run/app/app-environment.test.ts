import { describe, expect, it } from 'vitest';
import { type AppEnvironmentFacts, appEnvironment } from '../../../src/run/app/app-environment.js';

const facts: AppEnvironmentFacts = {
  base: { PATH: '/usr/bin', HOME: '/home/ada', PYTHONPATH: '/mine', ZEROGPU_AS: 'pro' },
  deviceApiUrl: 'http://127.0.0.1:4000',
  cgroupFile: '/run/cgroup',
  offloadDir: '/run/tensors',
  runDir: '/run',
  runId: 'abc',
  python: '/env/bin/python',
  upstreamPort: 5000,
  publicHost: '127.0.0.1:7860',
  spaceId: 'local/demo',
  pythonPath: ['/runtime', '/emulated'],
  debugFile: null,
  importsFile: null,
  login: {},
  variables: {},
  backend: { ZEROGPU_EMULATED_VRAM_BYTES: '1000' },
};

describe('appEnvironment', () => {
  it('has the variables of the Space after the inherited ones, and the platform after both', () => {
    const variables = {
      HOME: '/given',
      API_KEY: 'k',
      PATH: '/bin2',
      SPACE_ID: 'x/y',
      ZEROGPU_AS: 'pro',
    };
    const given = appEnvironment({ ...facts, variables });
    expect(given).toMatchObject({ HOME: '/given', API_KEY: 'k', SPACE_ID: 'local/demo' });
    expect(given['PATH']).toBe('/env/bin:/bin2');
    expect(given['ZEROGPU_AS']).toBeUndefined();
  });

  const env = appEnvironment(facts);

  it('switches the package on and points it at the allocator', () => {
    expect(env).toMatchObject({
      SPACES_ZERO_GPU: '1',
      SPACES_ZERO_DEVICE_API_URL: 'http://127.0.0.1:4000',
      ZEROGPU_PROC_SELF_CGROUP_PATH: '/run/cgroup',
      ZEROGPU_OFFLOAD_DIR: '/run/tensors',
      ZEROGPU_EMULATED_VRAM_BYTES: '1000',
    });
  });

  it('sets what a Space branches on, on loopback', () => {
    expect(env).toMatchObject({
      SYSTEM: 'spaces',
      SPACE_ID: 'local/demo',
      SPACE_AUTHOR_NAME: 'local',
      SPACE_REPO_NAME: 'demo',
      SPACE_HOST: '127.0.0.1:7860',
      GRADIO_SERVER_NAME: '127.0.0.1',
      GRADIO_SERVER_PORT: '5000',
      GRADIO_CACHE_EXAMPLES: 'true',
      GRADIO_CACHE_MODE: 'lazy',
    });
  });

  it('puts our Python in front of the user’s, and the environment’s programs on PATH', () => {
    expect(env['PYTHONPATH']).toBe('/runtime:/emulated:/mine');
    expect(env['PATH']).toBe('/env/bin:/usr/bin');
    expect(appEnvironment({ ...facts, base: {} })['PYTHONPATH']).toBe('/runtime:/emulated');
  });

  it('keeps the user’s environment, but none of our own flags', () => {
    expect(env['HOME']).toBe('/home/ada');
    expect(env).not.toHaveProperty('ZEROGPU_AS');
    const base = { ...facts.base, ZEROGPU_V2: 'false', GRADIO_ANALYTICS_ENABLED: 'True' };
    expect(appEnvironment({ ...facts, base })).toMatchObject({
      ZEROGPU_V2: 'false',
      GRADIO_ANALYTICS_ENABLED: 'True',
    });
  });
});
