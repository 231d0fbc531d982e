import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledDefinitions } from '../../src/bundled/definitions.js';
import { validate as validateDefinition } from '../../src/generated/plugin-definition.js';
import { openPlugins } from '../../src/plugins/plugins.js';
import * as known from '../../src/project/known-keys.js';
import { loadProject } from '../../src/project/load.js';
import { pluginTypes } from '../../src/project/types.js';
import { loadFiles, makeFolder } from './project-folder.js';

interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
  items?: Schema;
}

const projectRoot = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const schema = JSON.parse(read('schemas/meltano.schema.json')) as Schema;
const keysOf = (part: Schema | undefined) => Object.keys(part?.properties ?? {}).sort();
const sorted = (keys: readonly string[]) => [...keys].sort();

describe('schemas/meltano.schema.json', () => {
  it('has the keys that are known, no more and no fewer', () => {
    const { definitions = {} } = schema;
    expect(keysOf(schema)).toStrictEqual(sorted(known.projectKeys));
    expect(keysOf(schema.properties?.plugins)).toStrictEqual(sorted(pluginTypes));
    expect(keysOf(definitions.environment)).toStrictEqual(sorted(known.environmentKeys));
    expect(keysOf(definitions.job)).toStrictEqual(sorted(known.jobKeys));
    expect(keysOf(definitions.schedule)).toStrictEqual(sorted(known.scheduleKeys));
    expect(keysOf(definitions.setting)).toStrictEqual(sorted(known.settingKeys));
    expect(keysOf(definitions.plugin)).toStrictEqual(sorted(known.pluginKeys));
    for (const type of pluginTypes) expect(keysOf(definitions[type])).toStrictEqual(sorted(known.extraKeys[type]));
  });

  it('explains each key to editors', () => {
    const unexplained: string[] = [];
    const visit = (part: Schema, path: string): void => {
      for (const [key, property] of Object.entries(part.properties ?? {})) {
        if (!property.$ref && !(property.title && property.description)) unexplained.push(`${path}.${key}`);
        visit(property, `${path}.${key}`);
      }
      for (const [name, definition] of Object.entries(part.definitions ?? {})) visit(definition, `${path}#${name}`);
      if (part.items) visit(part.items, `${path}[]`);
    };
    visit(schema, '');
    expect(unexplained).toStrictEqual([]);
  });
});

describe('schemas/plugin-definition.schema.json', () => {
  it('takes a lock file as the original writes it', () => {
    const lock = {
      plugin_type: 'extractors',
      name: 'tap-x',
      namespace: 'tap_x',
      variant: 'acme',
      label: 'X',
      docs: 'https://example.com',
      repo: 'https://example.com',
      pip_url: null,
      executable: 'tap-x',
      capabilities: ['catalog', 'discover'],
      settings_group_validation: [['token']],
      settings: [{ name: 'token', kind: 'password', sensitive: true }],
      commands: { about: { args: '--about' }, test: 'test' },
      requires: { files: [{ name: 'files-x', variant: 'acme' }] },
      select: ['*.*'],
      my_extra: 1,
    };
    expect(validateDefinition(lock)).toBe(true);
    expect(validateDefinition({ ...lock, settings: [{ kind: 'string' }] })).toBe(false);
  });
});

describe('meltano.example.yml', () => {
  const example = read('meltano.example.yml');

  it('loads without a warning, in each of its environments', async () => {
    const root = makeFolder({ 'meltano.yml': example });
    for (const environment of ['dev', 'staging', 'prod']) {
      const project = await loadProject({ cwd: root, env: {}, environment });
      expect(project.warnings).toStrictEqual([]);
      expect(project.environment?.env.PG_HOST).toBeDefined();
    }
  });

  it('defines each plugin that is not shipped', async () => {
    const plugins = openPlugins(await loadFiles(example), { bundled: { ...bundledDefinitions } });
    for (const plugin of plugins.list()) expect(plugin.settings.length).toBeGreaterThan(0);
  });

  it('shows every extra and every key of run steps and pipelines', () => {
    const shown = (key: string) => new RegExp(`^ *(?:- )?${key}:`, 'm').test(example);
    const ours = ['stall_timeout', 'concurrency', 'catalog_cache_ttl', 'discovery_timeout', 'state_arg', 'backfill'];
    const keys = [...known.runStepKeys, ...known.pipelineKeys].filter((key) => key !== 'annotations');
    expect([...ours, ...keys].filter((key) => !shown(key))).toEqual([]);
  });
});
