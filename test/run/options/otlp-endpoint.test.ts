import { describe, expect, it } from 'vitest';
import { parseOtlpEndpoint } from '../../../src/run/options/otlp-endpoint.js';
import { UserError } from '../../../src/shared/errors.js';

function messageOf(text: string): string {
  try {
    parseOtlpEndpoint(text);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('--otlp', () => {
  it.each([
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
    ['http://localhost:4318/', 'http://localhost:4318/v1/traces'],
    ['http://[::1]:4318/v1/traces', 'http://[::1]:4318/v1/traces'],
    ['https://collector.example/otlp', 'https://collector.example/otlp/v1/traces'],
    ['https://collector.example/otlp/v1/traces/', 'https://collector.example/otlp/v1/traces'],
  ])('takes %s', (text, url) => {
    expect(parseOtlpEndpoint(text)).toBe(url);
  });

  it.each(['demo', 'localhost:4318', 'grpc://127.0.0.1:4317', 'file:///tmp/x'])(
    'refuses %s, which is not an http address',
    (text) => {
      expect(messageOf(text)).toContain('not the address of a collector');
    },
  );

  it.each(['http://collector.example:4318', 'http://127.0.0.1.example', 'http://10.0.0.7:4318'])(
    'refuses %s: it would cross the network unencrypted',
    (text) => {
      expect(messageOf(text)).toContain('http goes to this machine alone');
    },
  );

  it.each(['https://ada:s3cret@collector.example', 'https://collector.example/?key=s3cret'])(
    'refuses %s without quoting what may be a secret',
    (text) => {
      expect(messageOf(text)).not.toContain('s3cret');
    },
  );
});
