/**
 * Reads along with Gradio's event streams for what the visitor reads about the GPU, in the package's
 * own words: refusals, aborted tasks, and the notices titled "ZeroGPU …". Nothing is changed or held up.
 */
import { StringDecoder } from 'node:string_decoder';
import * as z from 'zod';

/** An event larger than this carries data (an image, say), no message: it is passed over. */
const LONGEST_EVENT = 65_536;

/** A call's end, and a toast; the fields that Gradio 4 to 6 share (gradio/server_messages.py). */
const message = z.union([
  z.object({
    msg: z.literal('process_completed'),
    success: z.literal(false),
    output: z.object({ error: z.string(), title: z.string().optional() }),
  }),
  z.object({ msg: z.literal('log'), log: z.string(), title: z.string().startsWith('ZeroGPU') }),
]);

/**
 * @param onTold gets `title: message`, as the visitor's client shows it
 * @returns takes the stream's chunks, cut anywhere
 */
export function createToldReader(onTold: (text: string) => void): (chunk: Uint8Array) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  return (chunk) => {
    const events = (rest + decoder.write(Buffer.from(chunk))).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      if (!skipping) readEvent(event, onTold);
      skipping = false;
    }
    if (rest.length > LONGEST_EVENT) {
      skipping = true;
      // Enough to find an end that is cut between two chunks.
      rest = rest.slice(-1);
    }
  };
}

function readEvent(event: string, onTold: (text: string) => void): void {
  if (event.length > LONGEST_EVENT || !/"(process_completed|log)"/.test(event)) return;
  const data = event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length));
  const parsed = message.safeParse(parseJson(data.join('\n')));
  if (!parsed.success) return;
  const { title, text } =
    parsed.data.msg === 'log'
      ? { title: parsed.data.title, text: parsed.data.log }
      : { title: parsed.data.output.title, text: parsed.data.output.error };
  onTold(title && title !== 'Error' ? `${title}: ${text.trim()}` : text.trim());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
