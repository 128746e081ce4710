/** What went wrong and what was printed; and what is to go wrong. */
import { switchedFaults } from '../model/view.js';
import type { PartProps } from './app.js';

export function Refusals({ view }: PartProps) {
  return (
    <section aria-labelledby="refusals">
      <h2 id="refusals">Refused and killed</h2>
      {view.refusals.length === 0 ? <p class="dim">none yet</p> : null}
      <ul class="plain">
        {view.refusals.map(({ key, at, what, why, words, instead }) => (
          <li key={key}>
            <span class="dim">{at}</span> {what}: <span class="bad">{why}</span>
            {words.map((text) => (
              <blockquote key={text}>{text}</blockquote>
            ))}
            {words.length === 0 ? <p class="dim">{instead}</p> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Faults({ view, act }: PartProps) {
  const { on, kinds } = view.faults;
  const replace = (spec: string, done: string) => act.command({ do: 'faults', spec }, done);
  return (
    <section aria-labelledby="faults">
      <h2 id="faults">Faults</h2>
      <p>{on.length === 0 ? 'none are on' : `on: ${on.join(', ')}`}</p>
      <ul class="plain faults">
        {kinds.map(({ kind, text, isOn }) => (
          <li key={kind}>
            <label>
              <input
                type="checkbox"
                checked={isOn}
                onChange={(event) => {
                  const wanted = event.currentTarget.checked;
                  void replace(
                    switchedFaults(on, kind, wanted),
                    `${kind} is ${wanted ? 'on for each call' : 'off'}.`,
                  );
                }}
              />{' '}
              {kind} <span class="dim">{text}</span>
            </label>
          </li>
        ))}
      </ul>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('spec') as HTMLInputElement;
          void replace(
            field.value,
            field.value.trim() === '' ? 'Faults are off.' : 'Faults are on.',
          );
        }}
      >
        <label>
          As --fault has them <input name="spec" placeholder="no-gpu@1, kill=2s@10%" />
        </label>
        <button type="submit">Set</button>
      </form>
    </section>
  );
}

export function Log({ view, chosen, act }: PartProps) {
  return (
    <section class="wide" aria-labelledby="log">
      <h2 id="log">Log</h2>
      <p class="tools">
        <label>
          Filter{' '}
          <input
            type="search"
            value={chosen.logFilter}
            onInput={(event) => act.choose({ logFilter: event.currentTarget.value })}
          />
        </label>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls has to be reached by keys */}
      <pre tabIndex={0}>
        {view.log.map(({ key, text }) => (
          <span key={key}>{`${text}\n`}</span>
        ))}
      </pre>
    </section>
  );
}
