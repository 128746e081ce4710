/**
 * The examples on the pages of rules: each page has one that fails and one that passes. Those that are titled
 * just so are a Space's app, requirements or front matter, and are checked.
 */
import { describe, expect, it } from 'vitest';
import { checkSpace } from '../../src/check/check-space.js';
import type { RuleExample } from '../../src/check/rule.js';
import { rules } from '../../src/check/rules/index.js';
import { filesInMemory } from '../../src/space/index.js';

const APP = 'import spaces\n\n@spaces.GPU\ndef generate(prompt):\n    return prompt\n';
const FRONT_MATTER = { title: 'Demo', sdk: 'gradio', sdk_version: '5.49.1' };

function readmeWith(code: string, isWhole = false): string {
  if (isWhole || code.startsWith('---')) return `${code}\n`;
  const rest = Object.entries(FRONT_MATTER).filter(
    ([key]) => !new RegExp(`^${key}:`, 'm').test(code),
  );
  return ['---', ...rest.map(([key, value]) => `${key}: ${value}`), code, '---', ''].join('\n');
}

/** What an example may use without importing it, by the first word that it takes from there. */
const IMPORTS: Readonly<Record<string, string>> = {
  spaces: 'import spaces',
  gr: 'import gradio as gr',
  torch: 'import torch',
  threading: 'import threading',
  multiprocessing: 'import multiprocessing',
  requests: 'import requests',
  ort: 'import onnxruntime as ort',
  get_kernel: 'from kernels import get_kernel',
  Client: 'from gradio_client import Client',
  FluxPipeline: 'from diffusers import FluxPipeline',
  DiffusionPipeline: 'from diffusers import DiffusionPipeline',
  AutoModelForCausalLM: 'from transformers import AutoModelForCausalLM',
};

function appWith(code: string): string {
  const imports = Object.entries(IMPORTS)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(code))
    .filter(([name]) => !new RegExp(`import ${name}\\b`).test(code))
    .map(([, line]) => `${line}\n`);
  const gradio = /\bgr\b/.test(code) ? '' : `import gradio as gr\n`;
  const own = code.replaceAll('…', '...');
  // Rules look at Spaces with a GPU function only.
  const isGpu = /spaces\.GPU/.test(code);
  return `${gradio}${imports.join('')}${own}\n${isGpu ? '' : APP}`;
}

function filesOf({ language, code }: RuleExample, id: string): Readonly<Record<string, string>> {
  const files = {
    'README.md': readmeWith(''),
    'app.py': APP,
    'requirements.txt': '',
    'examples/cat.png': '',
  };
  if (language === 'yaml') return { ...files, 'README.md': readmeWith(code, id === 'ZG101') };
  if (language === 'python') return { ...files, 'app.py': appWith(code) };
  return { ...files, [id === 'ZG222' ? 'packages.txt' : 'requirements.txt']: `${code}\n` };
}

/** Parts of an app: alone they lack the place that makes them fail (a handler, an import, a project). */
const EXCERPTS = new Set(['ZG207', 'ZG215', 'ZG304', 'ZG324', 'ZG325', 'ZG350', 'ZG351', 'ZG359']);

describe('examples of rules', () => {
  it.each(rules.map((rule) => [rule.id, rule] as const))('%s has both', (_, { docs }) => {
    const titles = (docs.examples ?? []).map(({ title }) => title.split(/[ :]/)[0]);
    expect(titles).toContain('Fails');
    expect(titles).toContain('Passes');
  });

  const examples = rules.flatMap((rule) =>
    (rule.docs.examples ?? [])
      .filter(({ title }) => title === 'Passes' || (title === 'Fails' && !EXCERPTS.has(rule.id)))
      .map((example) => [rule.id, example.title, example] as const),
  );
  it.each(examples)('%s %s', async (id, title, example) => {
    const files = filesInMemory(filesOf(example, id));
    const report = await checkSpace('demo', files, {
      platform: 'h200',
      // A comment is used or not by what the others find.
      rules: id === 'ZG100' ? rules : rules.filter((rule) => rule.id === id),
      hosting: null,
    });
    expect(report.findings.some(({ rule }) => rule === id)).toBe(title === 'Fails');
  });
});
