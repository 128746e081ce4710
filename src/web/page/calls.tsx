/** Calls on their time axis. */
import type { CallRow } from '../model/calls-view.js';
import { CALLS_STEP } from '../model/state.js';
import type { PartProps } from './app.js';

export function Calls({ view, chosen, act }: PartProps) {
  const { rows, total, span, memoryTop } = view.calls;
  return (
    <section class="wide" aria-labelledby="calls">
      <h2 id="calls" tabIndex={-1}>
        Calls
      </h2>
      <p class="tools">
        <label>
          <input
            type="checkbox"
            checked={chosen.onlyMine}
            onChange={(event) => act.choose({ onlyMine: event.currentTarget.checked })}
          />{' '}
          only mine
        </label>
        <span class="dim">
          {total === 0 ? 'no calls yet' : `${rows.length} of ${total}, ${span}`}
        </span>
        <span class="dim">{view.lastMinute}</span>
      </p>
      {total === 0 ? null : (
        <p class="tools" aria-hidden="true">
          <span class="legend queued">waits</span>
          <span class="legend granted">starts</span>
          <span class="legend running">runs</span>
          <span class="legend killed">killed or refused</span>
          {memoryTop === '' ? null : (
            <span class="legend memory">VRAM, at the top {memoryTop}</span>
          )}
        </p>
      )}
      {total === 0 ? null : (
        <table class="calls">
          <thead>
            <tr>
              <th scope="col">call</th>
              <th scope="col">function</th>
              <th scope="col">visitor</th>
              <th scope="col">state</th>
              <th scope="col">used</th>
              <th scope="col">peak</th>
              <th scope="col" class="axis">
                time
              </th>
              <th scope="col">end</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Call key={row.call} row={row} act={act} />
            ))}
          </tbody>
        </table>
      )}
      {rows.length < total ? (
        <button
          type="button"
          onClick={() => act.choose({ shownCalls: chosen.shownCalls + CALLS_STEP })}
        >
          Show {Math.min(CALLS_STEP, total - rows.length)} earlier calls
        </button>
      ) : null}
    </section>
  );
}

function Call({ row, act }: { row: CallRow; act: PartProps['act'] }) {
  const isOpen = row.details !== null;
  return (
    <>
      <tr class={row.isMine ? 'mine' : ''}>
        <th scope="row">
          <button
            type="button"
            class="link"
            aria-expanded={isOpen}
            onClick={() => act.choose({ open: isOpen ? null : row.call })}
          >
            #{row.call}
          </button>
        </th>
        <td>{row.function}</td>
        <td>
          {row.visitor}
          {row.isMine ? ' (you)' : ''}
        </td>
        <td class={row.tone}>{row.state}</td>
        <td>{row.cost}</td>
        <td>{row.peak}</td>
        <td class="axis">
          <Track row={row} />
        </td>
        <td>
          <End row={row} act={act} />
        </td>
      </tr>
      {row.details === null ? null : (
        <tr class="details">
          <td colSpan={8}>
            <dl>
              {row.details.map(([name, text]) => (
                <div key={name + text}>
                  <dt>{name}</dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </td>
        </tr>
      )}
    </>
  );
}

/** The state column says the same in words. */
function Track({ row }: { row: CallRow }) {
  return (
    <svg class="track" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      {row.segments.map(({ kind, from, to }) => (
        <rect
          key={kind}
          class={kind}
          x={Math.min(from * 1_000, 994)}
          width={Math.max(6, (to - from) * 1_000)}
          y={kind === 'running' ? 0 : 30}
          height={kind === 'running' ? 100 : 40}
        />
      ))}
      {row.memory === '' ? null : <polyline class="memory" points={row.memory} />}
    </svg>
  );
}

function End({ row, act }: { row: CallRow; act: PartProps['act'] }) {
  const { call, end } = row;
  if (end === null) return null;
  return end === 'kill' ? (
    <button
      type="button"
      aria-label={`Kill call ${call}`}
      onClick={() => act.command({ do: 'kill', call }, `Call ${call} is killed.`)}
    >
      kill
    </button>
  ) : (
    <button
      type="button"
      aria-label={`Take call ${call} out of the queue`}
      onClick={() => act.command({ do: 'release', call }, `Call ${call} left the queue.`)}
    >
      remove
    </button>
  );
}
