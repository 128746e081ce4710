/** Which releases go together. Pure: asked by the prompts, by the flags and by tests alike. */
import { compare, parse } from '@renovatebot/pep440';
import type { PlatformProfile } from '../platform/index.js';
import type { Template } from './manifest.js';

/** Gradio releases that this project's tests run Spaces with, the newest first. */
export const TESTED_GRADIO: readonly string[] = ['6.31.0', '4.44.1'];

/** Oldest PyTorch that the emulated GPU works with (docs/emulated-cuda.md). */
const EMULATED_TORCH = '2.4.0';

/**
 * Packages that Gradio 4 leaves open at the top, and does not survive the newer releases of
 * (zerogpu explain ZG205).
 */
export const GRADIO_4_PINS: readonly string[] = [
  'huggingface_hub<0.26',
  'jinja2<3.2',
  'starlette<0.40',
];

/** Gradio releases to offer for a template, the best first. */
export function gradioChoices(template: Template, profile: PlatformProfile): readonly string[] {
  const oldest = newerOf(template.minimum.gradio, profile.versions.gradioMinimum);
  return TESTED_GRADIO.filter((version) => compare(version, oldest) >= 0);
}

/** PyTorch releases to offer: those of the platform that the template and the emulated GPU take. */
export function torchChoices(template: Template, profile: PlatformProfile): readonly string[] {
  const oldest = newerOf(template.minimum.torch, EMULATED_TORCH);
  const fit = profile.versions.torch.filter((version) => compare(version, oldest) >= 0);
  return fit.toReversed();
}

/** The release that the template was written with where the platform has it, else the newest. */
export function defaultTorch(template: Template, profile: PlatformProfile): string | undefined {
  const choices = torchChoices(template, profile);
  const own = template.files.find(({ path }) => path === 'requirements.txt')?.content ?? '';
  const pin = /^torch==(\S+)$/m.exec(own)?.[1];
  return choices.find((version) => version === pin) ?? choices[0];
}

/** Whether the template's code works with a Gradio outside the list. */
export function takesGradio(
  template: Template,
  profile: PlatformProfile,
  version: string,
): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version) || parse(version) === null) return false;
  return compare(version, newerOf(template.minimum.gradio, profile.versions.gradioMinimum)) >= 0;
}

function newerOf(a: string, b: string): string {
  return compare(a, b) >= 0 ? a : b;
}
