/** What a client of `zerogpu mcp` may read beside its tools: rules, errors, platforms, and how to work. */
import type { Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';
import type { SkillCommand } from '../agents/skill.js';
import { skillText } from '../agents/skill.js';
import { rules } from '../check/rules/index.js';
import { errorPage, errorTable, rulePage, ruleTable } from '../explain/pages.js';
import { DEFAULT_PROFILE, loadProfile, profileNames } from '../platform/index.js';
import { ERROR_CODES, type ErrorCode } from '../shared/errors.js';

interface Page extends Resource {
  read(): string;
}

export interface Resources {
  readonly list: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  /** Null for an address that is not one of these. */
  read(
    uri: string,
  ): { readonly uri: string; readonly mimeType: string; readonly text: string } | null;
}

const MARKDOWN = 'text/markdown';

/** @param commands of the whole program, for the guide */
export function resourcesOf(commands: readonly SkillCommand[]): Resources {
  const pages = [...guides(commands), ...rulePages(), ...platformPages()];
  const byUri = new Map(pages.map((page) => [page.uri, page]));
  const codes = Object.keys(ERROR_CODES) as readonly ErrorCode[];
  const errors = new Map(codes.map((code) => [`zerogpu://errors/${code}`, code]));
  return {
    list: pages.map(({ read: _read, ...resource }) => resource),
    templates: [
      template('rules/{id}', 'rule', 'What a rule of check means, e.g. ZG201'),
      template('errors/{code}', 'error', 'What an error code means, e.g. E_PORT_TAKEN'),
    ],
    read(uri) {
      const page = byUri.get(uri);
      const code = errors.get(uri);
      if (page) return { uri, mimeType: page.mimeType ?? MARKDOWN, text: page.read() };
      return code ? { uri, mimeType: MARKDOWN, text: errorPage(code) } : null;
    },
  };
}

function guides(commands: readonly SkillCommand[]): readonly Page[] {
  return [
    {
      uri: 'zerogpu://docs/guide',
      name: 'guide',
      title: 'How to work with zerogpu, and the rules of the platform',
      mimeType: MARKDOWN,
      read: () => skillText(commands, DEFAULT_PROFILE),
    },
    {
      uri: 'zerogpu://docs/rules',
      name: 'rules',
      title: 'Every rule of check, a line each',
      mimeType: 'text/plain',
      read: () => ruleTable(rules),
    },
    {
      uri: 'zerogpu://docs/errors',
      name: 'errors',
      title: 'Every error code, a line each',
      mimeType: 'text/plain',
      read: errorTable,
    },
  ];
}

function rulePages(): readonly Page[] {
  return rules.map((rule) => ({
    uri: `zerogpu://rules/${rule.id}`,
    name: rule.id,
    title: rule.name,
    description: `${rule.severity}: ${rule.summary}`,
    mimeType: MARKDOWN,
    read: () => rulePage(rule),
  }));
}

function platformPages(): readonly Page[] {
  return profileNames.map((name) => ({
    uri: `zerogpu://platforms/${name}`,
    name,
    title: `Facts of the platform ${name}: quotas, limits, versions`,
    mimeType: 'application/json',
    read: () => JSON.stringify(loadProfile(name), null, 2),
  }));
}

function template(path: string, name: string, description: string): ResourceTemplate {
  return { uriTemplate: `zerogpu://${path}`, name, description, mimeType: MARKDOWN };
}
