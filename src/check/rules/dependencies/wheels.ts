import type { RequirementEntry } from '../../../space/index.js';

/** The name of a wheel, taken apart (PEP 427). */
export interface WheelName {
  readonly file: string;
  readonly project: string;
  readonly version: string;
  readonly pythons: readonly string[];
  readonly abis: readonly string[];
  readonly platforms: readonly string[];
}

/** The wheel that a requirement names by URL or path, or null. */
export function wheelOf(entry: RequirementEntry): WheelName | null {
  const place = entry.url ?? entry.text;
  const written = /([^/\s]+\.whl)(?:[?#]\S*)?$/i.exec(place)?.[1];
  return written === undefined ? null : parseWheelName(decode(written));
}

export function parseWheelName(file: string): WheelName | null {
  const parts = file.replace(/\.whl$/i, '').split('-');
  if (parts.length < 5 || parts.length > 6) return null;
  const [project = '', version = ''] = parts;
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  return {
    file,
    project,
    version,
    pythons: python.split('.'),
    abis: abi.split('.'),
    platforms: platform.split('.'),
  };
}

/** The one CPython that a wheel is built for, as `3.12`; null when it is for several. */
export function pythonTagOf(wheel: WheelName | null): string | null {
  if (!wheel || wheel.abis.includes('abi3') || wheel.pythons.length !== 1) return null;
  const match = /^cp3(\d+)$/.exec(wheel.pythons[0] ?? '');
  return match ? `3.${match[1]}` : null;
}

/** Whether pip of that Python (`3.10`) takes the wheel, as far as Python decides. */
export function fitsPython({ pythons, abis }: WheelName, minor: string): boolean {
  const wanted = Number(minor.replace(/^3\./, ''));
  return pythons.some((tag) => {
    const match = /^(py|cp)3(\d*)$/.exec(tag);
    if (!match) return false;
    const [, kind, digits] = match;
    if (digits === '') return true;
    const built = Number(digits);
    if (kind === 'py') return built <= wanted;
    return built === wanted || (abis.includes('abi3') && built <= wanted);
  });
}

/** Whether it runs on the platform's machines: Linux on x86-64. */
export function fitsLinux({ platforms }: WheelName): boolean {
  return platforms.some((tag) => tag === 'any' || /linux.*_x86_64$/.test(tag));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
