/** Who this tab is, what quota that visitor has, and time. */
import { formatVisitorName, parseVisitorName } from '../../allocator/core/visitor.js';
import { withTier } from '../model/view.js';
import type { PartProps } from './app.js';
import { Bar } from './bar.js';

const HOUR_SECONDS = 3_600;

export function Who({ view, act }: PartProps) {
  const { as, tiers, spaces } = view.who;
  const name = parseVisitorName(as)?.name ?? '';
  return (
    <section aria-labelledby="who">
      <h2 id="who">Visitor</h2>
      <p>
        This tab is <strong>{as}</strong>.
      </p>
      <fieldset class="buttons">
        <legend>Tier</legend>
        {tiers.map(({ tier, title, isMe }) => (
          <button
            key={tier}
            type="button"
            aria-pressed={isMe}
            onClick={() => act.be(withTier(as, tier))}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('name') as HTMLInputElement;
          const tier = parseVisitorName(as)?.tier ?? 'anonymous';
          const next = formatVisitorName({ tier, name: field.value.trim() || null });
          if (parseVisitorName(next)) act.be(next);
          else
            act.choose({
              notice: { text: `${field.value} is not a name: letters, digits, . _ -`, bad: true },
            });
        }}
      >
        <label>
          Name <input name="name" key={as} defaultValue={name} placeholder="none" size={10} />
        </label>
        <button type="submit">Be this visitor</button>
      </form>
      <ul class="plain">
        {spaces.map(({ name: space, href }) => (
          <li key={space}>
            <a href={href} target="_blank" rel="noopener noreferrer">
              Open {space} as {as}
            </a>{' '}
            <span class="dim">in a tab of its own</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Time({ view, act }: PartProps) {
  const { quota } = view;
  const forward = (seconds: number, words: string) =>
    act.command({ do: 'advance', seconds }, `Quota time moved on by ${words}.`);
  return (
    <section aria-labelledby="quota">
      <h2 id="quota">Quota</h2>
      {quota === null ? (
        <p class="dim">not known yet</p>
      ) : (
        <>
          <p class={`big ${quota.tone}`}>
            {quota.left} left{quota.next === null ? '' : `; next call ${quota.next}`}
          </p>
          <Bar share={quota.usedShare} tone={quota.tone} label="used" />
          <dl>
            {quota.facts.map(([name, text]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <fieldset class="buttons">
        <legend>Time forward</legend>
        <button type="button" onClick={() => forward(HOUR_SECONDS, '1 hour')}>
          1 hour
        </button>
        <button type="button" onClick={() => forward(24 * HOUR_SECONDS, '1 day')}>
          1 day
        </button>
        <button
          type="button"
          disabled={!quota?.resetsInSeconds}
          onClick={() =>
            forward(Math.ceil(quota?.resetsInSeconds ?? 0) + 1, 'the time to the reset')
          }
        >
          to my reset
        </button>
      </fieldset>
    </section>
  );
}
