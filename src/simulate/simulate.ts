/** `zerogpu simulate`: reads a workload, answers one question about it, prints the answer. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { EXIT, UserError } from '../shared/errors.js';
import { choosePaint } from '../shared/paint.js';
import { fitWorkload } from './fit.js';
import { parseMetric } from './goal.js';
import { parseSimulateOptions, type RawSimulateOptions, type SimulateOptions } from './options.js';
import { hostsOf, planSimulation } from './plan.js';
import { createProgress, type ProgressWorld } from './progress.js';
import { EXAMPLE, readWorkload } from './read-workload.js';
import { compare, type Effort, replicate } from './replicate.js';
import { reportHtml, reportSvg } from './report/svg.js';
import {
  averageOf,
  comparisonLines,
  findLines,
  headLine,
  hostLines,
  reportLines,
  sensitivityLines,
  type TextOptions,
} from './report/text.js';
import { find, sensitivities } from './search.js';
import { mean } from './statistics.js';
import { parseVariables } from './vary.js';
import { PLACEMENTS, type Workload } from './workload.js';

export interface SimulateWorld extends ProgressWorld {
  readonly cwd: string;
  readonly stdout: { write(text: string): boolean; readonly isTTY?: boolean };
}

/** An answer in its two forms: lines for people, an object for scripts. */
interface Answer {
  readonly lines: readonly string[];
  readonly json: object;
  readonly exitCode: number;
}

/**
 * @returns the exit code: 1 when a goal is missed or nothing was found
 * @throws UserError E_USAGE, E_SIMULATE_INPUT, E_PLATFORM_UNKNOWN; the signal's reason when interrupted
 */
export async function simulate(
  file: string | undefined,
  raw: RawSimulateOptions,
  world: SimulateWorld,
): Promise<number> {
  if (raw.example) {
    world.stdout.write(EXAMPLE);
    return EXIT.ok;
  }
  const options = parseSimulateOptions(file, raw);
  const workload = await loadWorkload(options, world);
  const progress = createProgress(world, options.json);
  const effort: Effort = {
    seed: options.seed,
    replications: options.replications,
    precision: options.precision,
    mostReplications: options.mostReplications,
    onProgress: progress.report,
  };
  const paint = choosePaint(options.color, world.env, world.stdout.isTTY ?? false);
  const text: TextOptions = { paint, ascii: options.ascii };
  const answer = await answerOf(options, workload, effort, text, world).finally(progress.end);
  const shown = options.json ? JSON.stringify(answer.json, null, 2) : answer.lines.join('\n');
  world.stdout.write(`${shown}\n`);
  return answer.exitCode;
}

async function answerOf(
  options: SimulateOptions,
  workload: Workload,
  effort: Effort,
  text: TextOptions,
  world: SimulateWorld,
): Promise<Answer> {
  if (options.compareWith !== null) return compareFiles(options, workload, effort, world);
  if (options.find !== null) return findSmallest(options, workload, effort);
  if (options.sensitivity) return rankSettings(options, workload, effort);
  return runOnce(options, workload, effort, text, world);
}

async function runOnce(
  options: SimulateOptions,
  workload: Workload,
  effort: Effort,
  text: TextOptions,
  world: SimulateWorld,
): Promise<Answer> {
  const plan = planSimulation(workload, options.platform);
  const result = replicate(plan, options.goal?.metric ?? options.metric, effort);
  const { measurements } = result;
  const head = headLine(plan, measurements.length, options.seed);
  const lines = [head, '', ...reportLines(plan, result, options.goal, text)];
  if (plan.gpusOfHosts.length > 1) lines.push('', ...hostLines(hostsOf(plan)));
  if (!result.isPrecise) lines.push(missedPrecision(options));
  const average = averageOf(measurements);
  if (options.output !== null) {
    await writePicture(resolve(world.cwd, options.output), head, lines, average);
  }
  const value =
    options.goal && mean(measurements.map((one) => options.goal?.metric.read(one) ?? 0));
  const isMet = options.goal === null || options.goal.isMet(value ?? 0);
  const { name, asOf } = plan.rules.profile;
  return {
    lines,
    json: {
      platform: { name, asOf },
      seed: options.seed,
      replications: measurements.length,
      goal: options.goal && { text: options.goal.text, value, isMet },
      hosts: hostsOf(plan),
      ...average,
    },
    exitCode: isMet ? EXIT.ok : EXIT.failed,
  };
}

async function compareFiles(
  options: SimulateOptions,
  workload: Workload,
  effort: Effort,
  world: SimulateWorld,
): Promise<Answer> {
  const other = options.compareWith ?? '';
  const policy = PLACEMENTS.find((one) => other === `placement=${one}`);
  const second = policy
    ? { ...workload, placement: policy }
    : readWorkload(await readText(resolve(world.cwd, other), other), other);
  const plans = [
    planSimulation(workload, options.platform),
    planSimulation(second, options.platform),
  ] as const;
  const tiers = [...new Set(plans.flatMap((plan) => plan.tiers.map(({ tier }) => tier)))];
  const names = [
    options.metric.name,
    ...['mean wait', 'p95 wait', 'p99 wait', 'refused', 'timed-out', 'utilisation'],
    ...tiers.map((tier) => `${tier} p95 wait`),
  ];
  const metrics = [...new Set(names)].map((name) => parseMetric(name, '--metric'));
  const compared = compare(plans, metrics, effort);
  const lines = [
    headLine(plans[0], compared.a.length, options.seed),
    '',
    ...comparisonLines(compared, [options.file ?? options.recording ?? 'a', other]),
  ];
  if (!compared.isPrecise) lines.push(missedPrecision(options));
  return { lines, json: { seed: options.seed, figures: compared.rows }, exitCode: EXIT.ok };
}

function findSmallest(options: SimulateOptions, workload: Workload, effort: Effort): Answer {
  const goal = options.find;
  if (goal === null) throw new Error('a search without a goal');
  const variables = parseVariables(options.vary ?? '', workload);
  const found = find(workload, options.platform, goal, variables, effort);
  return {
    lines: findLines(found, goal),
    json: { seed: options.seed, goal: goal.text, ...found },
    exitCode: found.best.length > 0 ? EXIT.ok : EXIT.failed,
  };
}

function rankSettings(options: SimulateOptions, workload: Workload, effort: Effort): Answer {
  const rows = sensitivities(workload, options.platform, options.metric, effort);
  return {
    lines: sensitivityLines(rows, options.metric),
    json: { seed: options.seed, figure: options.metric.name, settings: rows },
    exitCode: EXIT.ok,
  };
}

async function loadWorkload(options: SimulateOptions, world: SimulateWorld): Promise<Workload> {
  const { file, recording, gpus, save } = options;
  if (recording === null) {
    const name = file ?? '';
    const read = readWorkload(await readText(resolve(world.cwd, name), name), name);
    return gpus === null ? read : { ...read, gpus };
  }
  const text = await readText(resolve(world.cwd, recording), recording);
  const { workload, notes } = fitWorkload(text, gpus ?? 1);
  for (const note of notes) world.stderr.write(`note: ${note}\n`);
  if (save !== null) await writeText(resolve(world.cwd, save), save, stringify(workload));
  return workload;
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError('E_SIMULATE_INPUT', `${shown} cannot be read`, {
      why: error instanceof Error ? error.message : String(error),
      fix: 'zerogpu simulate --example > workload.yaml',
      cause: error,
    });
  }
}

async function writeText(path: string, shown: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new UserError('E_USAGE', `${shown} cannot be written`, {
      why: error instanceof Error ? error.message : String(error),
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
}

async function writePicture(
  path: string,
  title: string,
  lines: readonly string[],
  measured: Parameters<typeof reportSvg>[1],
): Promise<void> {
  const isPage = /\.html?$/i.test(path);
  if (!isPage && !/\.svg$/i.test(path)) {
    throw new UserError('E_USAGE', `--output is "${path}", which is not an .svg or .html file`, {
      fix: '--output report.html',
    });
  }
  const text = isPage ? reportHtml(title, lines, measured) : reportSvg(title, measured);
  await writeText(path, path, text);
}

function missedPrecision({ precision, mostReplications }: SimulateOptions): string {
  const wanted = `${(precision ?? 0) * 100} %`;
  return `The precision of ${wanted} is not reached after ${mostReplications} replications.`;
}
