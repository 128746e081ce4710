import type { AllocatorRules } from '../../allocator/core/types.js';
import { formatSeconds } from '../../shared/duration.js';
import type { Device } from '../allocator/index.js';
import type { BannerFacts } from './console.js';

/** What the banner is made of. */
export interface BannerParts {
  readonly version: string;
  readonly rules: AllocatorRules;
  readonly device: Pick<Device, 'description' | 'slices' | 'gpus'>;
  readonly spaceName: string;
  readonly pythonVersion: string;
  readonly packages: Readonly<Record<string, string | null>>;
  readonly url: string;
  readonly deviceUrl: string;
  readonly visitor: string;
  readonly visitorLimitSeconds: number;
  readonly notes: readonly string[];
  readonly differences: BannerFacts['differences'];
  readonly hub: BannerFacts['hub'];
}

/** The packages that decide whether a Space works on the platform, in the order people ask. */
const SHOWN_PACKAGES = ['gradio', 'spaces', 'torch'] as const;

/** Collects the first lines of a run: which platform, which versions, which limits are in force. */
export function bannerFacts(parts: BannerParts): BannerFacts {
  const { profile, longestCallSeconds } = parts.rules;
  const versions = SHOWN_PACKAGES.flatMap((name) => {
    const version = parts.packages[name];
    return version ? [`${name} ${version}`] : [];
  });
  const longest = longestCallSeconds ?? profile.tiers.pro.longestCallSeconds;
  return {
    version: parts.version,
    platform: profile.name,
    platformAsOf: profile.asOf,
    backend: parts.device.description,
    slices: parts.device.slices,
    gpus: parts.device.gpus,
    space: parts.spaceName,
    packages: [...versions, `Python ${parts.pythonVersion}`].join(', '),
    url: parts.url,
    visitor: `${parts.visitor}, ${formatSeconds(parts.visitorLimitSeconds)} a day`,
    deviceUrl: parts.deviceUrl,
    limits: [
      `default ${formatSeconds(profile.defaultDurationSeconds)}`,
      `longest ${formatSeconds(longest)}`,
      `queue ${formatSeconds(profile.queue.timeoutSeconds)}`,
    ].join(' · '),
    notes: parts.notes,
    differences: parts.differences,
    hub: parts.hub,
  };
}
