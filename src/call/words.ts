/** How `zerogpu call` shows endpoints, results and what a call cost. Pure. */
import { formatBytes } from '../shared/bytes.js';
import { formatSeconds } from '../shared/duration.js';
import { printableLine } from '../shared/printable.js';
import { type Endpoint, usageOf } from './arguments.js';
import type { GpuCall } from './gpu-calls.js';

/** One line for each endpoint, to paste and fill in. */
export function endpointLines(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints.map((endpoint) => {
    const returns = endpoint.returns
      .map(({ label, type }) => (type === '' ? label : `${label}: ${type}`))
      .join(', ');
    return printableLine(`${usageOf(endpoint)}${returns === '' ? '' : `   → ${returns}`}`);
  });
}

/** What an endpoint returned, a line for each of its outputs: text as it is, files by their address. */
export function outputLines(outputs: readonly unknown[]): readonly string[] {
  return outputs.map((output) => {
    if (typeof output === 'string') return output;
    const url = addressOf(output);
    return url ?? JSON.stringify(output) ?? 'null';
  });
}

/** Gradio's FileData, and components that hold one. */
function addressOf(output: unknown): string | null {
  if (typeof output !== 'object' || output === null) return null;
  const { url, path, video, value } = output as Readonly<Record<string, unknown>>;
  if (typeof url === 'string' && typeof path === 'string') return url;
  return addressOf(video ?? value ?? null);
}

/**
 * What is new in the outputs of a stream: chat functions send the whole text so far each time.
 *
 * @returns text to write; it may lack its line end, so that the next piece can follow
 */
export function streamedText(before: readonly unknown[] | null, now: readonly unknown[]): string {
  // The last event of a stream has the outputs of the one before.
  if (JSON.stringify(before) === JSON.stringify(now)) return '';
  const [last, next] = [before?.[0], now[0]];
  const isText = now.length === 1 && typeof next === 'string';
  if (!isText)
    return outputLines(now)
      .map((line) => `${line}\n`)
      .join('');
  if (typeof last !== 'string') return next;
  return next.startsWith(last) ? next.slice(last.length) : `\n${next}`;
}

/** One line for each GPU call: what it waited, used, was charged and held at most. */
export function costLines(calls: readonly GpuCall[]): readonly string[] {
  return calls.map((call) => printableLine(`#${call.call} ${call.function}: ${costText(call)}`));
}

function costText(call: GpuCall): string {
  const waited = `waited ${formatSeconds(call.waitedSeconds)}`;
  if (call.state === 'refused') {
    return `no GPU (${call.refusal}), ${formatSeconds(call.askedSeconds)} asked, ${waited}`;
  }
  if (call.state !== 'ended') return `has not ended, ${waited}`;
  const charged = `charged ${formatSeconds(call.chargedSeconds ?? 0)} to ${call.visitor}`;
  const used = `${formatSeconds(call.usedSeconds ?? 0)} used of ${formatSeconds(call.askedSeconds)}`;
  const peak = call.peakVramBytes ? [`peak ${formatBytes(call.peakVramBytes)}`] : [];
  const left =
    call.leftSeconds === null
      ? []
      : [`${formatSeconds(Math.floor(Math.max(0, call.leftSeconds)))} left`];
  const end = call.end === 'released' ? [] : [String(call.end)];
  return [charged, used, waited, ...peak, ...left, ...end].join(', ');
}
