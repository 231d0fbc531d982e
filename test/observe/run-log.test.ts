import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFormatter } from '../../src/observe/log-format.js';
import { createRunLog } from '../../src/observe/run-log.js';
import { createRunLogFiles, platformLogFolder, sanitized } from '../../src/observe/run-log-file.js';
import { summaryText } from '../../src/observe/summary.js';
import type { BlockSummary, RunEvent, RunEventBody } from '../../src/run/events.js';

let sequence = 0;
function eventOf(body: RunEventBody, blockId?: string): RunEvent {
  sequence += 1;
  return { version: 1, sequence, time: '2026-01-02T03:04:05.678Z', runId: 'run-1', blockId, ...body };
}

const failed: BlockSummary = {
  blockId: '2',
  kind: 'chain',
  name: 'tap-x-to-target-y',
  plugins: ['tap-x', 'target-y'],
  stateId: 'dev:tap-x-to-target-y',
  status: 'failed',
  durationSeconds: 1.23456,
  counts: { recordsExtracted: 5, recordsLoaded: 2, bytesExtracted: 2048, states: 1, oddLines: 0 },
  processes: [
    { role: 'tap', plugin: 'tap-x', exitCode: 3, signal: null, lastLines: ['tap broke'], cause: ['tap broke'] },
  ],
  exitCodes: { extractors: 3 },
  error: { code: 'PROCESS_FAILED', message: 'Extractor failed', hint: 'Look at its last lines.' },
};

describe('the log of a run', () => {
  const recordOf = createRunLog();
  const json = (body: RunEventBody, blockId?: string) => {
    const record = recordOf(eventOf(body, blockId));
    return record === undefined ? undefined : JSON.parse(createFormatter({ format: 'json' })(record));
  };

  it('tells of a finished block with the fields of the original', () => {
    json({ type: 'block.planned', kind: 'command', name: 'dbt:run', plugins: ['dbt'] }, '1');
    json({ type: 'block.planned', kind: 'chain', name: failed.name, plugins: failed.plugins }, '2');
    expect(json({ type: 'block.finished', summary: failed }, '2')).toMatchObject({
      set_number: 1,
      block_type: 'ExtractLoadBlocks',
      success: false,
      err: 'Extractor failed',
      exit_codes: { extractors: 3 },
      duration_seconds: 1.235,
      event: 'Block run completed',
      level: 'error',
      code: 'PROCESS_FAILED',
      run_id: 'run-1',
    });
  });

  it('tells of a lease what is known of it, whatever the reason', () => {
    const lease = { stateId: 'dev:a-to-b', token: 2 };
    const taken = json({ type: 'lease.reclaimed', ...lease, owner: 'run r (pid 1 on h), forced' });
    expect(taken.event).toBe("Took 'dev:a-to-b' over from run r (pid 1 on h), forced");
    expect(json({ type: 'lease.lost', ...lease }).event).not.toContain('nother run');
  });

  it('tells of a block that is tried again in one line', () => {
    const event = eventOf({ type: 'block.retrying', attempts: 3, delaySeconds: 300, summary: failed }, '2');
    const record = recordOf({ ...event, attempt: 1 });
    expect(record).toMatchObject({
      level: 'warning',
      event: "'tap-x-to-target-y' failed, and is tried again in 5m (attempt 2 of 3): Extractor failed",
      fields: { delay_seconds: 300, code: 'PROCESS_FAILED', exit_codes: { extractors: 3 } },
    });
  });

  it('tells how the run ended', () => {
    expect(
      json({ type: 'run.finished', status: 'success', durationSeconds: 2, exitCode: 0, blocks: [] }),
    ).toMatchObject({
      event: 'Run completed',
      status: 'success',
      duration_seconds: 2,
    });
  });

  it('binds a plugin to its lines', () => {
    const line = {
      type: 'plugin.log',
      plugin: 'tap-x',
      pluginType: 'extractors',
      stdio: 'stderr',
      level: 'info',
      message: 'hi',
    } as const;
    expect(json({ ...line, role: 'tap', stateId: 'dev:a-to-b' })).toMatchObject({
      event: 'hi',
      name: 'tap-x',
      stdio: 'stderr',
      string_id: 'tap-x',
      consumer: false,
      producer: true,
      cmd_type: 'elb',
      job_name: 'dev:a-to-b',
    });
    expect(json({ ...line, role: 'command' })).toMatchObject({ cmd_type: 'command' });
    expect(json({ ...line, role: 'discovery' })).toMatchObject({ type: 'discovery' });
  });

  it('names what an SDK plugin says besides as the original does', () => {
    const fields = {
      logger_name: 'singer_sdk.metrics',
      stream_name: 'users',
      metric_info: { type: 'counter', metric: 'record_count', value: 3, tags: {} },
      exception: { type: 'ValueError', message: 'no' },
    };
    expect(
      json({
        type: 'plugin.log',
        role: 'tap',
        plugin: 'tap-x',
        pluginType: 'extractors',
        stdio: 'stderr',
        level: 'warning',
        message: 'METRIC',
        fields,
      }),
    ).toMatchObject({
      level: 'warning',
      event: 'METRIC',
      metric_info: { value: 3 },
      plugin_logger: 'singer_sdk.metrics',
      plugin_exception: { type: 'ValueError' },
      stream_name: 'users',
    });
  });

  it('says each block of a dry run once, with what it comprises', () => {
    const dry = createRunLog();
    dry(eventOf({ type: 'run.started', words: ['a'], environment: 'dev', blocks: 1, jobs: 1, dryRun: true }));
    const plugins = ['tap-x', 'target-y'];
    expect(dry(eventOf({ type: 'block.planned', kind: 'chain', name: 'x', plugins }, '1'))).toBeUndefined();
    const fields = { block_type: 'ExtractLoadBlocks', comprised_of: plugins };
    const record = dry(
      eventOf({ type: 'log', level: 'info', message: 'Dry run, but would have run block 1/1.', fields }, '1'),
    );
    expect(record === undefined ? '' : createFormatter({ format: 'uncolored' })(record)).toMatch(
      /block 1\/1\. block_type=ExtractLoadBlocks comprised_of=\['tap-x', 'target-y'\]$/,
    );
  });
});

describe('the log file of a chain', () => {
  it('leaves lines out where they come faster than they can be written, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tapline-logs-'));
    const stateId = 'dev:tap-x-to-target-y';
    const place = join(folder, 'elt', sanitized(stateId), 'run-1');
    await mkdir(place, { recursive: true });
    // A pipe that nobody reads yet stands for a disk that hangs.
    execFileSync('mkfifo', [join(place, 'elt.log')]);
    const files = createRunLogFiles({ folder, threshold: 'info', onProblem: () => undefined });
    const started = { type: 'block.started', kind: 'chain', name: 'x', plugins: [], stateId } as RunEventBody;
    files.subscriber(eventOf(started, '1'));
    const loud: RunEventBody = { type: 'log', level: 'info', message: 'x'.repeat(64 * 1024) };
    for (let line = 0; line < 400; line += 1) files.subscriber(eventOf(loud, '1'));
    const reading = readFile(join(place, 'elt.log'), 'utf8');
    await files.close();
    const text = await reading;
    expect(text).toMatch(/\.\.\. 1\d\d lines are left out/);
    expect(text.length).toBeLessThan(20 * 1024 * 1024);
  });

  it('has the lines of its chain and of the run, where the original looks for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tapline-logs-'));
    const files = createRunLogFiles({ folder, threshold: 'info', onProblem: () => undefined });
    const stateId = 'dev:tap-x-to-target-y';
    const log = (message: string): RunEventBody => ({ type: 'log', level: 'info', message });
    files.subscriber(eventOf({ type: 'block.started', kind: 'chain', name: 'x', plugins: [], stateId }, '1'));
    files.subscriber(eventOf(log('mine'), '1'));
    files.subscriber(eventOf(log('of the run')));
    files.subscriber(eventOf(log('of another'), '2'));
    files.subscriber(eventOf({ type: 'block.finished', summary: { ...failed, blockId: '1' } }, '1'));
    await files.close();
    const text = await readFile(join(folder, 'elt', 'devtap-x-to-target-y', 'run-1', 'elt.log'), 'utf8');
    expect(text.split('\n').map((line) => line.slice(53))).toEqual([
      expect.stringContaining('Running job'),
      'mine',
      'of the run',
      'Block failed',
      '',
    ]);
  });

  it('fails nothing where it can not be written', async () => {
    const problems: string[] = [];
    const files = createRunLogFiles({
      folder: '/dev/null/x',
      threshold: 'info',
      onProblem: (text) => problems.push(text),
    });
    files.subscriber(eventOf({ type: 'block.started', kind: 'chain', name: 'x', plugins: [], stateId: 'a' }, '1'));
    files.subscriber(eventOf({ type: 'log', level: 'info', message: 'x' }, '1'));
    await files.close();
    expect(problems).toHaveLength(1);
  });

  it('is named by the rules of the original', () => {
    expect(sanitized('dev:tap-x-to-target-y')).toBe('devtap-x-to-target-y');
    expect(sanitized('../é/ a')).toBe('e_a');
    expect(platformLogFolder({ HOME: '/h' }, 'linux')).toBe('/h/.local/state/meltano/log');
    expect(platformLogFolder({ HOME: '/h', XDG_STATE_HOME: '/s' }, 'linux')).toBe('/s/meltano/log');
    expect(platformLogFolder({ HOME: '/h' }, 'darwin')).toBe('/h/Library/Logs/meltano');
  });
});

describe('the summary', () => {
  it('names each block, why it failed, and what to do', () => {
    const text = summaryText(
      {
        type: 'run.finished',
        status: 'failed',
        durationSeconds: 65,
        exitCode: 1,
        blocks: [
          { ...failed, blockId: '1', status: 'success', error: undefined, processes: [] },
          failed,
          { ...failed, blockId: '3', status: 'not_started' },
        ],
      },
      { colors: false, runId: '0190aaaa-bbbb-cccc', canRetry: true, isRetry: false },
    );
    expect(text).toMatch(/^ {2}ok +tap-x → target-y {2}2 records loaded of 5 records, 2.05 kB, 1.2s$/m);
    expect(text).toMatch(/^ +Extractor failed \[PROCESS_FAILED\]\n +tap-x: tap broke\n +→ Look at its last lines.$/m);
    expect(text).toMatch(/^ {2}not started +tap-x → target-y$/m);
    expect(text).toContain('Run failed after 1m 5s: 1 of 3 blocks failed, 1 not started.');
    expect(text).toContain('tapline runs show 0190aaaa-bbbb');
    expect(text).toContain('Run what is left: tapline retry 0190aaaa-bbbb');
  });

  const ended = { type: 'run.finished', status: 'failed', durationSeconds: 5, exitCode: 1 } as const;
  const done: BlockSummary = { ...failed, blockId: '1.1.1', status: 'success', error: undefined, processes: [] };
  const options = { colors: false, runId: '0190aaaa-bbbb-cccc', canRetry: true, isRetry: false };

  it('groups blocks by their run steps', () => {
    const blocks: BlockSummary[] = [
      { ...done, scopes: ['nightly', 'extract'] },
      { ...done, blockId: '1.1.2', scopes: ['nightly', 'extract'] },
      { ...done, blockId: '1.2.1', kind: 'command', name: 'dbt:run', scopes: ['nightly', 'transform'] },
      { ...done, blockId: '2', kind: 'command', name: 'dbt:test' },
    ];
    const lines = summaryText({ ...ended, status: 'success', exitCode: 0, blocks }, options).split('\n');
    const names = lines.map((line) => line.replace(/^ {2}ok +| {2}\d.*$/g, '').trim());
    const chain = 'tap-x → target-y';
    expect(names.slice(1, 9)).toEqual([
      'nightly › extract',
      chain,
      chain,
      'nightly › transform',
      'dbt:run',
      '',
      'dbt:test',
      '',
    ]);
  });

  it('counts what a time limit has stopped, and says why once', () => {
    const error = { code: 'RUN_TIMEOUT', message: "run step 'extract' timed out after 5 s" };
    const blocks: BlockSummary[] = [
      { ...done, status: 'stopped' },
      { ...done, blockId: '1.1.2', status: 'stopped' },
      { ...done, blockId: '1.1.3', status: 'not_started' },
    ];
    const text = summaryText({ ...ended, blocks, error }, options);
    expect(text).toContain('Run failed after 5s: 2 of 3 blocks stopped, 1 not started.');
    expect(text.split(error.message)).toHaveLength(2);
    // Nothing is done: the same command does the same, but for one that is a retry itself.
    expect(text).not.toContain('tapline retry');
    expect(summaryText({ ...ended, blocks, error }, { ...options, isRetry: true })).toContain('tapline retry');
  });

  it('says which attempt it was, and offers no retry where there is none', () => {
    const blocks: BlockSummary[] = [done, { ...failed, attempts: 3 }];
    const text = summaryText({ ...ended, blocks }, { ...options, canRetry: false });
    expect(text).toMatch(/^ {2}failed .*, 1.2s, attempt 3$/m);
    expect(text).not.toContain('tapline retry');
  });
});
