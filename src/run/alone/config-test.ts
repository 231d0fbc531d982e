import { TaplineError } from '../../errors.js';
import type { Plugin } from '../../plugins/types.js';
import type { RunSubscriber } from '../events.js';
import { installPlugins } from '../install-plugins.js';
import { processSpec, resolvePlugin, writeFilesOf } from '../plugin-process.js';
import { startChild } from '../process/child.js';
import { setUpTap } from '../tap/tap-setup.js';
import type { RunOptions, World } from '../types.js';
import { follow } from './follow.js';
import { runAlone, type Workspace, withWorkspace } from './workspace.js';

/** The stream that a loader is tested with; the original's name. */
const testStream = 'meltano_test_stream';

export interface ConfigTestResult {
  isValid: boolean;
  /** The plugin's last line, or what was missing. */
  detail: string;
}

/**
 * Tests the configuration of a plugin as Meltano 4.4.1 does: an extractor passes once it prints a record, a loader once it has
 * loaded a stream of one record. `installed` if the caller only wanted that. Throws if it can't be started.
 */
export async function testConfig(
  plugin: Plugin,
  install: NonNullable<RunOptions['install']>,
  world: World,
  subscribers: readonly RunSubscriber[],
): Promise<ConfigTestResult | 'installed'> {
  if (plugin.type !== 'extractors' && plugin.type !== 'loaders') throw notTestable(plugin);
  return runAlone(world, subscribers, async (alone) => {
    await installPlugins([plugin], install, alone);
    if (install === 'only') return 'installed';
    const test = plugin.type === 'loaders' ? testLoader : testExtractor;
    return withWorkspace(alone, (workspace) => test(plugin, workspace));
  });
}

function notTestable(plugin: Plugin): TaplineError {
  return new TaplineError('USAGE', `cannot test the configuration of ${plugin.singular} '${plugin.name}'`, {
    exitCode: 1,
    at: plugin.at,
    hint: `Only extractors and loaders can be tested. \`tapline test ${plugin.name}\` runs the plugin's own tests.`,
  });
}

async function testExtractor(plugin: Plugin, workspace: Workspace): Promise<ConfigTestResult> {
  const resolved = resolvePlugin(workspace.world, plugin, {}, workspace.emit);
  const spec = await setUpTap(resolved, { ...workspace, state: undefined, refreshCatalog: false });
  const child = await startChild(spec, ['ignore', 'pipe', 'pipe']);
  let isValid = false;
  const last = await follow(child, workspace, {
    task: 'test',
    onLine: (line, end) => {
      if (!isRecord(line)) return;
      isValid = true;
      end();
    },
  });
  if (isValid) return { isValid, detail: '' };
  const isSilent = child.exit?.code === 0;
  const select = `Verify that at least one stream is selected using \`tapline select ${plugin.name} --list\`.`;
  return { isValid, detail: isSilent ? `No RECORD or BATCH message received. ${select}` : last };
}

async function testLoader(plugin: Plugin, workspace: Workspace): Promise<ConfigTestResult> {
  const { world, directory, emit } = workspace;
  const resolved = resolvePlugin(world, plugin, {}, emit);
  const files = await writeFilesOf(world, resolved, directory, 'target');
  const spec = processSpec(world, resolved, { role: 'target', files, args: ['--config', files.config] });
  emit({
    type: 'log',
    level: 'warning',
    message: `testing a loader writes one record to its destination, into '${testStream}'; you may want to delete it there`,
  });
  const child = await startChild(spec, ['pipe', 'pipe', 'pipe']);
  // If it exits early, its exit code decides.
  child.process.stdin?.on('error', () => undefined);
  child.process.stdin?.end(
    testMessages(plugin)
      .map((message) => `${JSON.stringify(message)}\n`)
      .join(''),
  );
  let complained = false;
  const last = await follow(child, workspace, {
    task: 'test',
    onLine: (line) => {
      complained ||= /error|exception/i.test(line);
    },
  });
  return { isValid: child.exit?.code === 0 && !complained, detail: last };
}

/** Recognizes a record even if its line is too long to be read whole. */
function isRecord(line: string): boolean {
  try {
    const { type } = JSON.parse(line) as { type?: unknown };
    return type === 'RECORD' || type === 'BATCH';
  } catch {
    return /^\s*\{\s*"type"\s*:\s*"(RECORD|BATCH)"/.test(line);
  }
}

function testMessages(plugin: Plugin): Record<string, unknown>[] {
  const text = { type: 'string' };
  const properties = { id: { type: 'integer' }, name: text, created_at: { ...text, format: 'date-time' } };
  const record = { id: 1, name: 'Meltano Test Record', created_at: '2025-09-29T00:00:00Z' };
  const messages: Record<string, unknown>[] = [
    { type: 'SCHEMA', stream: testStream, schema: { type: 'object', properties }, key_properties: ['id'] },
    { type: 'RECORD', stream: testStream, record },
    { type: 'STATE', value: { bookmarks: { [testStream]: { last_record: 1 } } } },
  ];
  if (!plugin.capabilities.has('activate-version')) return messages;
  return [...messages, { type: 'ACTIVATE_VERSION', stream: testStream, version: 1 }];
}
