import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrangeArguments } from '../../src/cli/arguments.js';
import { configCommands, groups } from '../../src/cli/command-words.js';
import { globalOptions, valueOptions } from '../../src/cli/options/known.js';

const arrange = (line: string, env?: NodeJS.ProcessEnv) => arrangeArguments(line.split(' '), env).argv.join(' ');

describe('arranging a command line', () => {
  it.each([
    ['run tap target --force', 'run tap target --force'],
    ['run tap target --log-level=debug', '--log-level=debug run tap target'],
    ['run tap --environment prod target --full_refresh', '--environment prod run tap target --full-refresh'],
    ['--log_level=warning schedule list --format=json', '--log-level=warning schedule list --format=json'],
    ['run --state_id_suffix=a_b tap_x target', 'run --state-id-suffix=a_b tap_x target'],
    ['run --state-id-suffix --cwd tap', 'run --state-id-suffix --cwd tap'],
    ['run -- --cwd x', 'run -- --cwd x'],
    ['install -p --force', 'install -p --force'],
    ['run -fj --cwd --cwd x', '--cwd x run -fj --cwd'],
  ])('%s', (line, expected) => {
    expect(arrange(line)).toBe(expected);
  });

  it.each([
    ['config print tap', 'config print tap'],
    ['config tap', 'config print tap'],
    ['config tap --extras', 'config print tap --extras'],
    ['config --format env tap', 'config print tap --format env'],
    ['config tap list', 'config list tap'],
    [
      'config --plugin_type extractor tap set --store dotenv a b 1',
      'config set tap --plugin-type extractor --store dotenv a b 1',
    ],
    ['config --unsafe print tap', 'config print --unsafe tap'],
    ['config set tap n -- -1', 'config set tap n -- -1'],
    ['config', 'config'],
    ['config --help', 'config --help'],
  ])('understands each word order of config: %s', (line, expected) => {
    expect(arrange(line)).toBe(expected);
  });

  it.each([
    ['invoke box args --log_level debug -- --cwd x', 'invoke box args --log_level debug -- --cwd x'],
    ['invoke --log_level debug --print_var A_B box --a_b', '--log-level debug invoke --print-var A_B box --a_b'],
    ['schedule run daily --cwd x', 'schedule run daily --cwd x'],
  ])("leaves a plugin's own arguments alone: %s", (line, expected) => {
    expect(arrange(line)).toBe(expected);
  });

  it.each([
    ['help', '--help'],
    ['help run', 'run --help'],
    ['help state list', 'state list --help'],
    ['help backfill', 'backfill --help'],
  ])('%s asks for help', (line, expected) => {
    expect(arrange(line)).toBe(expected);
  });

  it("moves a group's options to its command", () => {
    expect(arrange('job --database-uri sqlite:///x list')).toBe('job list --database-uri sqlite:///x');
    expect(arrangeArguments(['state', 'list', '--pattern', 'a']).command).toEqual(['state', 'list']);
  });
});

describe('variables that stand for options', () => {
  it('go before what the command line says, and never double it', () => {
    const env = { MELTANO_RUN_JOBS: '4', MELTANO_RUN_FULL_REFRESH: 'true', MELTANO_RUN_FORCE: '0' };
    expect(arrange('run tap target', env)).toBe('run --full-refresh --jobs=4 tap target');
    expect(arrange('run tap target --jobs 2', env)).toBe('run --full-refresh tap target --jobs 2');
    expect(arrange('install', env)).toBe('install');
  });

  it('must be true or false where they stand for a flag', () => {
    expect(() => arrange('run tap', { MELTANO_RUN_FORCE: 'perhaps' })).toThrow(/MELTANO_RUN_FORCE is 'perhaps'/);
  });
});

describe('backfill', () => {
  it.each([
    ['backfill tap-x target-y --from 2023-01-01', 'backfill run --from 2023-01-01 tap-x target-y'],
    ['backfill --from 2023-01-01 tap-x target-y', 'backfill run --from 2023-01-01 tap-x target-y'],
    ['backfill run tap-x target-y', 'backfill run tap-x target-y'],
    ['backfill run list target-y', 'backfill run list target-y'],
    ['backfill list', 'backfill list'],
    ['backfill show tap-x target-y', 'backfill show tap-x target-y'],
    ['backfill --help', 'backfill --help'],
    ['backfill tap-x --help', 'backfill run tap-x --help'],
  ])('%s is %s', (line, expected) => {
    const { argv } = arrangeArguments(line.split(' '));
    expect([...argv].sort()).toEqual(expected.split(' ').sort());
    expect(argv.slice(0, 2)).toEqual(expected.split(' ').slice(0, 2));
  });
});

describe('whatever the command line', () => {
  const word = fc.constantFrom(
    'run',
    'invoke',
    'config',
    'job',
    'list',
    'print',
    'set',
    'tap-x',
    'a_b',
    '-',
    '',
    ...groups,
  );
  const option = fc.constantFrom(
    ...globalOptions.keys(),
    ...valueOptions,
    '--log_level=x_y',
    '--full_refresh',
    '--unsafe',
    '-f',
    '-fj',
    '--',
    '--help',
  );
  const lines = fc.array(fc.oneof(word, option), { maxLength: 10 });

  it('a second pass changes nothing', () => {
    fc.assert(
      fc.property(lines, (line) => {
        const once = arrangeArguments(line);
        expect(arrangeArguments(once.argv)).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('no token is lost, and only the command that is meant is added', () => {
    fc.assert(
      fc.property(lines, (line) => {
        const plain = (tokens: readonly string[]) => tokens.map((token) => token.replaceAll('_', '-')).sort();
        const after = plain(arrangeArguments(line).argv);
        const before = plain(line);
        const added = ['print', 'run'].map((command) => [...before, command].sort());
        expect([before, ...added]).toContainEqual(after);
      }),
      { numRuns: 2000 },
    );
  });

  it('what follows the plugin of invoke arrives untouched', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (rest) => {
        const { argv } = arrangeArguments(['--cwd', 'x', 'invoke', 'box', ...rest]);
        expect(argv).toEqual(['--cwd', 'x', 'invoke', 'box', ...rest]);
      }),
    );
  });

  it('knows the commands of config', () => {
    expect([...configCommands]).toEqual([...configCommands].sort());
  });
});
