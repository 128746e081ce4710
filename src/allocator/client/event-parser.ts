import type { ServerEvent } from './event-source.js';

/** Takes a stream of server-sent events apart, whatever pieces it comes in. */
export function createParser(onEvent: (event: ServerEvent) => void): { push(text: string): void } {
  let rest = '';
  return {
    push(text) {
      rest += text;
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        onEvent(parseEvent(rest.slice(0, end)));
        rest = rest.slice(end + 2);
      }
    },
  };
}

function parseEvent(block: string): ServerEvent {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field = '', value = ''] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
  }
  return { type, data: data.join('\n') };
}
