import { basename } from 'node:path';
import { visitorOf } from '../allocator/core/visitor.js';
import { movedOn, tierFacts } from '../platform/index.js';
import type { PythonEnvironment } from '../python-env/index.js';
import { systemClock } from '../shared/clock.js';
import { creditsNote } from './allocator/index.js';
import { bannerFacts } from './console/index.js';
import type { RunContext, RunParts } from './run-context.js';
import { environmentOf } from './space-app.js';
import { reportVariables } from './variables/index.js';

/** Says what runs, where, for whom, and what differs from the platform. */
export async function announce(
  context: RunContext,
  parts: RunParts,
  python: PythonEnvironment,
): Promise<void> {
  const { options, console, version } = context;
  const accountLine =
    options.account &&
    (await import('./hub/as-account.js')).accountNote(options.account, systemClock.now().wallMs);
  // Loaded for a run alone: versions of Python packages have a parser.
  const { readDeclared } = await import('./read-declared.js');
  const visitor = visitorOf(options.visitor, '127.0.0.1');
  const names = Object.keys(options.variables);
  const { rules, device, ledger } = parts.allocator;
  console.banner(
    bannerFacts({
      version,
      rules,
      device,
      spaceName: basename(parts.space.dir),
      pythonVersion: python.version,
      packages: python.packages,
      url: parts.gateway.url,
      deviceUrl: parts.allocator.url,
      visitor: visitor.key,
      visitorLimitSeconds: tierFacts(rules.profile, visitor.tier).quotaSeconds,
      notes: [
        ...(options.weightless
          ? ['weightless: no weights, no arithmetic; every output is a placeholder']
          : []),
        `quotas ${ledger}`,
        ...(names.length === 0
          ? []
          : [`variables ${names.join(', ')} (${options.envFiles.join(', ')})`]),
        ...(accountLine === null ? [] : [accountLine]),
        ...(parts.debug
          ? [`debug ${parts.debug.address}: whoever of this machine's user attaches runs code here`]
          : []),
        ...(parts.loginEnvironment['OAUTH_CLIENT_ID']
          ? ['hf_oauth: visitors log in as local visitors (docs/login.md)']
          : []),
        ...(options.creditSeconds === null
          ? []
          : [creditsNote(rules.profile, options.visitor, options.creditSeconds)]),
        ...[movedOn(rules.profile) ?? []].flat(),
      ],
      differences: await readDeclared(parts.space, python, rules.profile, context.world.env),
      hub: parts.hubUrl === null ? null : { url: parts.hubUrl, spaceId: parts.spaceId },
    }),
  );
  if (options.envFiles.length > 0) await announceVariables(context, parts, python);
}

async function announceVariables(
  context: RunContext,
  parts: RunParts,
  python: PythonEnvironment,
): Promise<void> {
  const { options, console, world } = context;
  const { notes, warnings } = await reportVariables({
    space: parts.space,
    given: options.variables,
    appEnv: environmentOf(context, parts, python),
    hubSpace: options.hubSpace,
    env: world.env,
    interrupted: world.interrupted,
  });
  for (const note of notes) console.progress(note);
  for (const warning of warnings) console.warn(warning);
}
