import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineFault, readRunLine } from '../../src/plan/run-line.js';

function fault(text: string): LineFault {
  try {
    readRunLine(text);
  } catch (error) {
    if (error instanceof LineFault) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken.`);
}

/** Without what is not set. */
function read(text: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(readRunLine(text)));
}

describe('what a line may be', () => {
  it.each([
    'tap-a target-b',
    'run tap-a target-b',
    'meltano run tap-a target-b',
    'tapline run tap-a target-b',
    '  meltano   run\ttap-a  target-b\n',
  ])('%j is a run', (text) => {
    expect(readRunLine(text)).toMatchObject({ kind: 'run', words: ['tap-a', 'target-b'], variables: [] });
  });

  it.each([
    ['invoke dbt:run', 'dbt:run', []],
    ['meltano invoke dbt run', 'dbt', ['run']],
    ['meltano invoke dbt:run --models staging.* marts.*', 'dbt:run', ['--models', 'staging.*', 'marts.*']],
    ['tapline invoke dbt:test --fail-fast', 'dbt:test', ['--fail-fast']],
    [
      'invoke dbt:run --environment prod -- --full-refresh',
      'dbt:run',
      ['--environment', 'prod', '--', '--full-refresh'],
    ],
    [`invoke dbt:run --vars '{"a b": "c|d > $e"}'`, 'dbt:run', ['--vars', '{"a b": "c|d > $e"}']],
    ['invoke box:say "it\'s" a\\ b ""', 'box:say', ["it's", 'a b', '']],
    ['invoke box:say ~ {a,b} a?[x] #no', 'box:say', ['~', '{a,b}', 'a?[x]', '#no']],
  ])('%j invokes', (text, word, args) => {
    expect(readRunLine(text)).toMatchObject({ kind: 'invoke', word, args });
  });

  it('takes words that look like commands as names of plugins when nothing else is said', () => {
    expect(readRunLine('run run')).toMatchObject({ words: ['run'] });
    expect(readRunLine('run invoke')).toMatchObject({ words: ['invoke'] });
  });

  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['meltano', 'empty'],
    ['meltano run', 'names nothing'],
    ['run --full-refresh', 'names nothing'],
    ['invoke', 'no plugin to invoke'],
    ['meltano config list tap-a', "'config'"],
    ['meltano --version', "'--version'"],
    ['invoke --dump=config tap-a', "'--dump=config' of invoke"],
    ["tap-a 'target-b", 'never closed'],
    ['tap-a target-b \\', 'a backslash at the end'],
    ['TAP_A_TOKEN=x tap-a target-b', 'the variable TAP_A_TOKEN'],
  ])('%j is refused', (text, message) => {
    expect(fault(text).message).toContain(message);
    expect(fault(text).hint).toMatch(/\.$/);
  });

  it('never says anything but what it is or a fault', () => {
    const words = fc.constantFrom(
      'meltano',
      'run',
      'invoke',
      'tap-a',
      '--select',
      '--environment',
      '=',
      "'",
      '"',
      '\\',
      '$X',
      '-f',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 6 }), (parts) => {
        const text = parts.join(' ');
        try {
          expect(['run', 'invoke']).toContain(readRunLine(text).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(LineFault);
        }
      }),
    );
  });
});

describe('what only a shell can do', () => {
  it.each([
    ['tap-a target-b && dbt:run', '`&&`'],
    ['tap-a target-b || true', '`||`'],
    ['tap-a target-b | tee x', '`|`'],
    ['tap-a target-b; dbt:run', '`;`'],
    ['tap-a target-b &', '`&`'],
    ['tap-a target-b > log', '`>`'],
    ['tap-a target-b 2>&1', '`>`'],
    ['tap-a < state.json', '`<`'],
    ['(tap-a target-b)', '`(`'],
    ['tap-a target-b\ndbt:run', 'a line break'],
    ['invoke dbt:run --vars $(date)', '`$(`'],
    ['invoke dbt:run --vars "$(date)"', '`$(`'],
    ['invoke dbt:run --vars "`date`"', '``'],
  ])('%j', (text, what) => {
    expect(fault(text).message).toContain(`${what.slice(0, -1)}`);
    expect(fault(text).message).toContain('no shell reads a run step');
  });

  it.each([
    `invoke x:y 'a && b | c > d; (e) $(f) \`g\`'`,
    'invoke x:y "a && b | c > d; (e)"',
    'invoke x:y a\\&\\&b \\| \\$\\(c\\)',
    'invoke x:y "\\$(a)" "\\`b\\`"',
    "invoke x:y 'a\nb'",
  ])('quoted it is a text: %j', (text) => {
    expect(readRunLine(text)).toMatchObject({ kind: 'invoke', variables: [] });
  });

  it('names the variables that stay as they stand', () => {
    expect(readRunLine('tap-a target-b --state-id-suffix $TENANT')).toMatchObject({
      options: { stateIdSuffix: '$TENANT' },
      variables: ['TENANT'],
    });
    expect(readRunLine(`invoke x:y "a \${B} $C" '$D' \\$E $C "it's $F" $1 $`).variables).toEqual(['B', 'C', 'F']);
  });
});

describe('options of a line', () => {
  it('are those of the block', () => {
    const line =
      'run --full-refresh tap-a --refresh-catalog target-b --no-state-update -f --state-id-suffix night --state-strategy=merge';
    expect(read(line)).toEqual({
      kind: 'run',
      words: ['tap-a', 'target-b'],
      options: {
        fullRefresh: true,
        refreshCatalog: true,
        noStateUpdate: true,
        force: true,
        stateIdSuffix: 'night',
        stateStrategy: 'merge',
      },
      retry: {},
      variables: [],
    });
  });

  it('say nothing where they are not given', () => {
    expect(read('tap-a target-b')).toMatchObject({ options: {}, retry: {} });
  });

  it('are understood as on the command line', () => {
    expect(read('tap-a target-b --full_refresh --state_id_suffix=a_b')).toMatchObject({
      options: { fullRefresh: true, stateIdSuffix: 'a_b' },
    });
    expect(read('tap-a target-b --merge-state')).toMatchObject({ options: { stateStrategy: 'merge' } });
    expect(read('tap-a target-b --select users --select=o* --exclude secret')).toMatchObject({
      options: { selectFilter: ['users', 'o*', '!secret'] },
    });
    expect(read('tap-a target-b --retries 2 --retry-delay 5m')).toMatchObject({
      retry: { retries: 2, delaySeconds: 300 },
    });
    expect(read('tap-a -- target-b')).toMatchObject({ words: ['tap-a', 'target-b'] });
  });

  it.each([
    ['--jobs 4', "'--jobs'", 'Set `jobs:` on the step.'],
    ['-j 4', "'-j'", 'Set `jobs:` on the step.'],
    ['--timeout=3', "'--timeout'", 'Set `timeout:` on the step.'],
    ['--dry-run', "'--dry-run'", 'Options of the whole run go to'],
    ['--log-level=debug', "'--log-level'", 'Options of the whole run go to'],
    ['--ful-refresh', "'--ful-refresh'", "Did you mean '--full-refresh'?"],
    ['--models x', "'--models'", '`invoke PLUGIN:COMMAND`'],
    ['--full-refresh=true', 'takes no value', '--full-refresh alone'],
    ['--select', 'has no value', '--select=VALUE'],
    ['--select=', 'has no value', '--select=VALUE'],
    ['--state-id-suffix --full-refresh', 'has no value', '--state-id-suffix=VALUE'],
    ['--state-id-suffix a:b', 'a colon', 'another character'],
    ['--state-strategy newest', 'not a --state-strategy', 'auto, merge or overwrite'],
    ['--retries two', 'not a number', 'whole number'],
    ['--retries=-1', 'not a number', 'whole number'],
    ['--retry-delay soon', 'not a duration', '30s'],
  ])('%s is refused', (option, message, hint) => {
    const { message: said, hint: advice } = fault(`tap-a target-b ${option}`);
    expect(said).toContain(message);
    expect(advice).toContain(hint);
  });
});

describe('--environment', () => {
  it.each([
    'meltano --environment=prod run tap-a target-b',
    'meltano --environment prod run tap-a target-b',
    'meltano run --environment=prod tap-a target-b',
    'tapline run tap-a target-b --environment prod',
    'tap-a target-b --environment=prod',
    'meltano --environment=prod invoke dbt:run',
  ])('is found in %j', (text) => {
    expect(readRunLine(text).environment).toBe('prod');
  });

  it("is the plugin's after its name", () => {
    expect(readRunLine('invoke dbt:run --environment=prod').environment).toBeUndefined();
  });

  it.each(['meltano --environment', 'meltano --environment= run tap-a target-b', 'tap-a target-b --environment'])(
    'needs a name: %j',
    (text) => {
      expect(fault(text).message).toContain("'--environment' has no value");
    },
  );

  it.each(['meltano --log-level=debug run tap-a target-b', 'meltano --no-environment run tap-a target-b'])(
    'is the only one before the command: %j',
    (text) => {
      expect(fault(text).hint).toContain('it applies to the whole run');
    },
  );
});
