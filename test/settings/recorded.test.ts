import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import type { Plugin, Plugins } from '../../src/plugins/types.js';
import { printableConfig, printableProject, printableProjectEnv } from '../../src/settings/redact.js';
import type { ResolvedPlugin } from '../../src/settings/types.js';
import { openProject } from './open-project.js';

/**
 * Projects whose settings were resolved by Meltano 4.4.1: what it prints, exports and hands to processes. `ours` holds what
 * is different here on purpose.
 */
const folder = join(import.meta.dirname, 'recorded');
const names = readdirSync(folder).filter((file) => file.endsWith('.yml'));

interface Recorded {
  why: string;
  env: Record<string, string>;
  environment?: string;
  dotenv?: string;
  upstream?: Record<string, string>;
  ours?: Record<string, Record<string, Record<string, unknown>>>;
  expected: Record<string, Record<string, Record<string, unknown>>>;
}

describe.each(names.map((file) => file.replace('.yml', '')))('%s', (name) => {
  const recorded = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Recorded;
  const yaml = readFileSync(join(folder, `${name}.yml`), 'utf8');
  const { expected, ours, env, environment, dotenv, upstream } = recorded;
  const open = () => openProject(yaml, { env: { PATH: '/usr/bin:/bin', ...env }, environment, dotenv });

  if (name === 'project-settings') {
    test(recorded.why, async () => {
      const { settings, project } = await open();
      const all = settings.projectSettings();
      expect(printableProject(all, { safe: false })).toEqual(inFolder(expected.project, project.root));
      expect(printableProjectEnv(all, { safe: false })).toEqual(inFolder(expected.variables, project.root));
    });
    return;
  }

  test.each(Object.keys(expected))(`${recorded.why}: %s`, async (key) => {
    const { settings, plugins, project } = await open();
    const plugin = findPlugin(plugins, key);
    for (const [kind, original] of Object.entries(expected[key] ?? {})) {
      const wanted = { ...inFolder(original, project.root), ...ours?.[key]?.[kind] };
      const found = attempt(() => views[kind]?.(settings.plugin(plugin, { upstream })) ?? {});
      if ('refused' in wanted) expect(found, kind).toEqual({ refused: true });
      else expect(withoutOurs(kind, found), kind).toEqual(wanted);
    }
  });
});

const views: Record<string, (resolved: ResolvedPlugin) => Record<string, unknown>> = {
  config: (resolved) => printableConfig(resolved, { safe: false }),
  safe: (resolved) => printableConfig(resolved, { safe: true }),
  extras: (resolved) => printableConfig(resolved, { safe: false, extras: true }),
  as_env: ({ exported, plugin }) => without(exported, (name) => isInfo(plugin, name)),
  // What is exported stands in as_env, and what the project exports in a case of its own.
  process: ({ processEnv, exported, plugin }) =>
    without(
      processEnv,
      (name) =>
        name === 'PATH' ||
        name === 'MELTANO_JOB_TRIGGER' ||
        projectVariable.test(name) ||
        (exported[name] === processEnv[name] && !isInfo(plugin, name)),
    ),
  sources: ({ settings }) =>
    Object.fromEntries(
      [...settings].map(([name, { origin }]) => [name, origin.layer === 'unset' ? 'default' : origin.layer]),
    ),
};

function isInfo(plugin: Plugin, name: string): boolean {
  return ['NAME', 'NAMESPACE', 'VARIANT'].some((part) => name === `MELTANO_${plugin.singular.toUpperCase()}_${part}`);
}

const projectVariable =
  /^MELTANO_(SEND_|PROJECT_ID|PROJECT_READONLY|DATABASE_|HUB_|ELT_|AUTO_INSTALL|STATE_BACKEND_|CLI_|SNOWPLOW_|VENV_|EXPERIMENTAL|FF_|PYTHON|DEFAULT_ENV)/;

/** Extras that only we have; the original knows nothing of them. */
function withoutOurs(kind: string, found: Record<string, unknown>): Record<string, unknown> {
  const own =
    /^_(arg_style|stall_timeout|concurrency|retries|retry_delay|state_arg|catalog_cache_ttl|backfill|discovery_timeout)$/;
  return kind === 'sources' ? without(found, (name) => own.test(name)) : found;
}

function without(values: Record<string, unknown>, drop: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !drop(name)));
}

function attempt(resolve: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof TaplineError) return { refused: true };
    throw error;
  }
}

function findPlugin(plugins: Plugins, key: string): Plugin {
  const [type = '', name = '', mapping] = key.split('/');
  const found =
    mapping === undefined
      ? plugins.list().find((plugin) => plugin.type === type && plugin.name === name)
      : plugins.mappings(mapping)[0];
  if (!found) throw new Error(`no plugin ${key}`);
  return found;
}

function inFolder(value: unknown, root: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value).replaceAll('{ROOT}', root)) as Record<string, unknown>;
}
