/** What the gateway answers itself, in plain text. */
import type { ServerResponse } from 'node:http';
import { printable } from '../shared/printable.js';

export function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${printable(text)}\n`);
}

export function foreignHost(host: string): string {
  return `This gateway answers on this machine's own addresses only, not on ${host || 'no host'}.`;
}

export function foreignPage(origin: string | undefined): string {
  return `This gateway takes nothing from pages of other sites (${origin}).`;
}
