import { printable, printableLine } from '../../shared/printable.js';
import type { CheckReport, SpaceReport } from '../report.js';
import type { Reporter } from './reporter.js';

/** The same report for a terminal: names and values of a Space may hold escape codes. */
export function onTerminal(report: Reporter): Reporter {
  return (found, options) => report(printableReport(found), options);
}

function printableReport(report: CheckReport): CheckReport {
  return { ...report, spaces: report.spaces.map(printableSpace) };
}

function printableSpace(space: SpaceReport): SpaceReport {
  const { name, path, findings, visits, assumed, unchecked, sources } = space;
  return {
    ...space,
    ...printableValue({ name, path, findings, visits, assumed, unchecked }),
    // Lines of them are made visible with their columns, by whoever shows one.
    sources: new Map([...sources].map(([file, source]) => [printable(file), source])),
  };
}

/** Every text in a value of plain data. */
function printableValue<Value>(value: Value): Value {
  const changed = (one: unknown): unknown => {
    if (typeof one === 'string') return printable(one);
    if (Array.isArray(one)) return one.map(changed);
    if (one === null || typeof one !== 'object') return one;
    return Object.fromEntries(
      Object.entries(one).map(([key, each]) => [printableLine(key), changed(each)]),
    );
  };
  return changed(value) as Value;
}
