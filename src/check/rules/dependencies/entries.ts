import { linuxEnvironment, parseMarker, type RequirementEntry } from '../../../space/index.js';
import type { RuleContext } from '../../rule.js';
import { pythonOf } from '../../space-python.js';

/**
 * The requirements that the platform installs: those of requirements.txt and what it includes, whose
 * markers hold on its machines.
 *
 * @param name normalized name, to ask for one project
 */
export function installed(context: RuleContext, name?: string): readonly RequirementEntry[] {
  const entries = context.space.requirements?.entries ?? [];
  const environment = linuxEnvironment(pythonOf(context.space, context.profile).full);
  return entries.filter(
    (entry) =>
      !entry.isConstraint &&
      (name === undefined || entry.name === name) &&
      (entry.marker === null || (parseMarker(entry.marker)?.(environment) ?? true)),
  );
}

/** The same with constraints: what decides a version, whoever asks for the package. */
export function constraining(context: RuleContext, name: string): readonly RequirementEntry[] {
  const constraints = (context.space.requirements?.entries ?? []).filter(
    (entry) => entry.isConstraint && entry.name === name,
  );
  return [...installed(context, name), ...constraints];
}
