import type { Chosen } from '../model/state.js';
import type { ConsoleView } from '../model/view.js';
import { Calls } from './calls.js';
import { Faults, Log, Refusals } from './events.js';
import type { Act } from './main.js';
import { Queue, Slices, Visitors } from './tables.js';
import { Time, Who } from './who.js';

export interface PartProps {
  readonly view: ConsoleView;
  readonly chosen: Chosen;
  readonly act: Act;
}

export function App(props: PartProps) {
  const { view, chosen } = props;
  return (
    <>
      <a class="skip" href="#calls">
        Skip to the calls
      </a>
      <header>
        <h1>{view.title}</h1>
        <p class="facts">{view.facts}</p>
        <p class={`status ${view.status.tone}`} role="status">
          {view.status.text}
        </p>
      </header>
      <main>
        <Who {...props} />
        <Time {...props} />
        <Calls {...props} />
        <Slices {...props} />
        <Queue {...props} />
        <Refusals {...props} />
        <Faults {...props} />
        <Visitors {...props} />
        <Log {...props} />
      </main>
      <p class={chosen.notice?.bad ? 'notice bad' : 'notice'} role="status">
        {chosen.notice?.text ?? ''}
      </p>
    </>
  );
}
