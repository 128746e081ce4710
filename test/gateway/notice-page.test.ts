/** What visitors get while no app answers. */
import { describe, expect, it } from 'vitest';
import { ask, gatewayBefore } from '../support/gateway/index.js';

const html = { headers: { accept: 'text/html,*/*' } };

async function down(host = '127.0.0.1') {
  const gateway = await gatewayBefore((_, response) => response.end('the app'), { host });
  const port = gateway.upstreamPort;
  gateway.setUpstreamPort(null);
  gateway.setNotice({ title: 'The app <ended>.', detail: ['SyntaxError: <x> \u001b[31m'] });
  return { gateway, port };
}

describe('while no app answers', () => {
  it('a browser gets a page with the reason, which it may not run as code', async () => {
    const { gateway } = await down();
    const answer = await ask(gateway.url, html);
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(answer.headers['content-security-policy']).toMatch(
      /default-src 'none'.*script-src 'sha256-/,
    );
    expect(answer.text).toContain('The app &lt;ended&gt;.');
    expect(answer.text).toContain('SyntaxError: &lt;x&gt;');
    expect(answer.text).not.toContain('\u001b');
  });

  it('a program gets one line', async () => {
    const { gateway } = await down();
    expect((await ask(`${gateway.url}/config`)).text).toBe('The app <ended>.\n');
    const posted = await ask(gateway.url, { ...html, method: 'POST', body: Buffer.from('x') });
    expect(posted.text).toBe('The app <ended>.\n');
  });

  it('the page is the same until the reason changes or the app answers: by that it reloads', async () => {
    const { gateway, port } = await down();
    const id = async () => (await ask(gateway.url, html)).headers['x-zerogpu-notice'];
    const first = await id();
    expect(await id()).toBe(first);
    expect((await ask(gateway.url, html)).text).toContain(`data-notice="${first}"`);
    gateway.setNotice(null);
    expect(await id()).not.toBe(first);
    gateway.setUpstreamPort(port);
    expect(await id()).toBeUndefined();
  });

  it('other machines do not read what the app has printed', async () => {
    const { gateway } = await down('0.0.0.0');
    const answer = await ask(gateway.url.replace('0.0.0.0', '127.0.0.1'), html);
    expect(answer.text).toContain('The app &lt;ended&gt;.');
    expect(answer.text).not.toContain('SyntaxError');
  });
});
