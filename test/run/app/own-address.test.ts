import { describe, expect, it } from 'vitest';
import { atTheGateway } from '../../../src/run/app/own-address.js';

const shown = (line: string) => atTheGateway(line, 43211, '127.0.0.1:7861');

describe('an app’s own address', () => {
  it.each([
    [
      'Streamable HTTP URL: http://127.0.0.1:43211/gradio_api/mcp/',
      'http://127.0.0.1:7861/gradio_api/mcp/',
    ],
    ['* Running on http://0.0.0.0:43211', 'http://127.0.0.1:7861'],
    [
      'INFO: Uvicorn running on http://127.0.0.1:43211 (Press CTRL+C)',
      'http://127.0.0.1:7861 (Press',
    ],
    ['open https://localhost:43211/?x=1', 'http://127.0.0.1:7861/?x=1'],
    ['ws://[::1]:43211/queue/join', 'ws://127.0.0.1:7861/queue/join'],
    ['wss://[::]:43211', 'ws://127.0.0.1:7861'],
    ['listens on localhost:43211.', 'on 127.0.0.1:7861'],
    ['Running on local URL:  http://127.0.0.1:7860', 'http://127.0.0.1:7861'],
  ])('becomes the gateway’s: %s', (line, text) => {
    expect(shown(line)).toContain(text);
    expect(shown(line)).not.toMatch(/43211|7860/);
  });

  it.each([
    'http://127.0.0.1:8000/v1 is another server of the Space',
    'http://127.0.0.1:432110',
    '10.0.0.1:43211',
    'https://huggingface.co:43211/x',
    'pid 43211, version 1.43211',
    'http://evil-localhost.example:43211',
  ])('is nothing else: %s', (line) => {
    expect(shown(line)).toBe(line);
  });
});
