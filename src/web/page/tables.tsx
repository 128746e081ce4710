/** Slices, queue and visitors. */
import type { PartProps } from './app.js';
import { Bar } from './bar.js';

export function Slices({ view }: PartProps) {
  return (
    <section aria-labelledby="gpu">
      <h2 id="gpu">GPU</h2>
      <ul class="plain">
        {view.slices.map(({ id, state, what, memory, memoryShare }) => (
          <li key={id}>
            slice {id} {state} {what === '' ? null : <strong>{what}</strong>}
            <Bar share={memoryShare} tone="good" label={`of the memory of slice ${id}`} />
            <span class="dim">{memory}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Queue({ view }: PartProps) {
  const { total, rows } = view.queue;
  return (
    <section aria-labelledby="queue">
      <h2 id="queue">Queue {total}</h2>
      {total === 0 ? (
        <p class="dim">no call waits</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">call</th>
              <th scope="col">function</th>
              <th scope="col">visitor</th>
              <th scope="col">asks</th>
              <th scope="col">waits</th>
              <th scope="col">why</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.call} class={row.isMine ? 'mine' : ''}>
                <th scope="row">#{row.call}</th>
                <td>{row.function}</td>
                <td>
                  {row.visitor}
                  {row.isMine ? ' (you)' : ''}
                </td>
                <td>{row.asks}</td>
                <td>{row.waits}</td>
                <td>{row.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rows.length < total ? <p class="dim">{total - rows.length} more wait</p> : null}
    </section>
  );
}

export function Visitors({ view, chosen, act }: PartProps) {
  const { total, rows } = view.visitors;
  return (
    <section aria-labelledby="visitors">
      <h2 id="visitors">Visitors {total}</h2>
      <p class="tools">
        <label>
          Filter{' '}
          <input
            type="search"
            value={chosen.filter}
            onInput={(event) => act.choose({ filter: event.currentTarget.value })}
          />
        </label>
      </p>
      {rows.length === 0 ? (
        <p class="dim">{total === 0 ? 'no calls yet' : 'no visitor fits the filter'}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">visitor</th>
              <th scope="col">left</th>
              <th scope="col">used</th>
              <th scope="col">resets</th>
              <th scope="col">next call</th>
              <th scope="col">quota</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key} class={row.isMine ? 'mine' : ''}>
                <th scope="row">
                  {row.key}
                  {row.isMine ? ' (you)' : ''}
                </th>
                <td class={row.tone}>{row.left}</td>
                <td>
                  <Bar share={row.usedShare} tone={row.tone} label="used" />
                </td>
                <td>{row.resets}</td>
                <td class={row.tone}>{row.next}</td>
                <td>
                  <button
                    type="button"
                    aria-label={`Reset the quota of ${row.key}`}
                    onClick={() =>
                      act.command(
                        { do: 'reset', visitor: row.key },
                        `The quota of ${row.key} is full.`,
                      )
                    }
                  >
                    reset
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
