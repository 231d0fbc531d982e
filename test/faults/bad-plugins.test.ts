/** The built program with plugins that misbehave: each ends in a clear word, and what was loaded is kept. */
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  load,
  loadAnd,
  messages,
  processesWith,
  record,
  ScriptedProject,
  type Scripts,
  schema,
  state,
  threeRecords,
} from './scripted-project.js';

let project: ScriptedProject;
afterEach(() => project.remove());

interface Case extends Scripts {
  what: string;
  /** 1 where the code is an error, 0 where it is a warning. */
  exit: 0 | 1;
  says: (string | RegExp)[];
  /** Of the state after it; undefined: none. */
  state?: number | 'any';
  rows?: number[];
  args?: string[];
}

const long = (head: string, tail: string) =>
  `printf '%s' '${head}'; head -c 34000000 /dev/zero | tr '\\0' a; echo '${tail}'`;
const broken = '{"type":"STATE","value":{"id":';

const cases: Case[] = [
  {
    what: 'a tap that is not there',
    yaml: { executables: { tap: './gone.sh' } },
    exit: 1,
    says: ['EXECUTABLE_MISSING', 'gone.sh', /tap-x/],
    rows: [],
  },
  {
    what: 'a target that is not there: the tap never starts',
    yaml: { executables: { target: './gone.sh' } },
    tap: `touch out.jsonl; ${threeRecords}`,
    exit: 1,
    says: ['EXECUTABLE_MISSING', 'gone.sh', /target-x/],
    rows: [],
  },
  {
    what: 'an executable that no PATH has',
    yaml: { executables: { target: 'no-such-program' } },
    exit: 1,
    says: ['EXECUTABLE_MISSING', 'no-such-program'],
    rows: [],
  },
  {
    what: 'a required setting without a value',
    yaml: { tap: 'settings: [{name: token}, {name: region}]\nsettings_group_validation: [[token, region]]' },
    exit: 0,
    says: ["plugin 'tap-x' is missing required settings: `token`, `region`", 'config set tap-x token'],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a discovery that fails',
    discover: 'echo "no such host" >&2; exit 3',
    exit: 1,
    says: ['DISCOVERY_FAILED', 'exited with code 3', 'no such host', 'invoke tap-x --discover'],
    rows: [],
  },
  {
    what: 'a discovery that hangs',
    yaml: { tap: 'discovery_timeout: 1' },
    discover: 'sleep 1000 & sleep 1000',
    exit: 1,
    says: ['DISCOVERY_TIMEOUT', '`discovery_timeout`'],
    rows: [],
  },
  ...['echo hello', `printf '{"streams": ['`, 'true', 'echo "[]"', `echo '{"streams": 5}'`].map(
    (discover): Case => ({
      what: `a discovery that prints no catalog (${discover})`,
      discover,
      exit: 1,
      says: ['CATALOG_INVALID', /meltano\.yml:\d+:\d+/],
      rows: [],
    }),
  ),
  {
    what: 'a tap that prints garbage: it passes, and is told once',
    tap: `echo hello; echo '{}'; echo '[1'; ${threeRecords}; head -c 3000 /dev/urandom | tr '\\n' x; echo`,
    exit: 0,
    says: ['tap-x wrote a line that is not a Singer message: line 1', 'It begins: hello'],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a tap that prints garbage, in strict mode',
    tap: `${threeRecords}; echo hello; ${messages(record(4), state(4))}`,
    args: ['--strict-singer'],
    exit: 1,
    says: ['SINGER_STRICT', 'line 6'],
    state: 'any',
  },
  {
    what: 'a tap that dies inside a line',
    tap: `${threeRecords}; printf '{"type":"RECORD","stream":"u","rec'; exit 5`,
    exit: 1,
    says: ['PROCESS_FAILED', 'tap-x exited with code 5', 'it is not passed on'],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a tap that leaves half a line and says that all is well',
    tap: `${threeRecords}; printf '{"type":"RECORD","stream":"u","rec'`,
    exit: 0,
    says: ["'tap-x' ended inside a line", 'it is not passed on'],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a tap that prints no SCHEMA',
    tap: messages(record(1), record(2), state(2)),
    exit: 0,
    says: ["'tap-x' wrote records of stream 'u' without a SCHEMA"],
    state: 2,
    rows: [1, 2],
  },
  {
    what: 'a SCHEMA over the limit',
    tap: `${threeRecords}; ${long('{"type":"SCHEMA","stream":"v","schema":{"x":"', '"}}')}`,
    exit: 1,
    says: ['MESSAGE_TOO_LONG', "'tap-x' wrote a SCHEMA line"],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a STATE over the limit',
    tap: `${threeRecords}; ${long('{"type":"STATE","value":{"x":"', '"}}')}; ${messages(record(4))}`,
    exit: 1,
    says: ['MESSAGE_TOO_LONG', "'tap-x' wrote a STATE line"],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a target line over the limit',
    target: `${load}; ${long('{"x":"', '"}')}`,
    exit: 1,
    says: ['MESSAGE_TOO_LONG', "'target-x' printed a state"],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a STATE that is not valid JSON, from the tap',
    tap: `${threeRecords}; echo '${broken}'`,
    exit: 0,
    says: ['line 6, not JSON'],
    state: 3,
  },
  ...['hello', '{"a":', '[1]', '"text"'].map(
    (line): Case => ({
      what: `a state that is not a JSON object, from the target (${line})`,
      target: `${load}; printf '%s\\n' '${line}'`,
      exit: 0,
      says: ['Received state is invalid, incremental state has not been updated'],
      state: 3,
      rows: [1, 2, 3],
    }),
  ),
  {
    what: 'a target that fails at once, while the tap is silent',
    tap: `${threeRecords}; sleep 1000`,
    target: 'echo "disk on fire" >&2; exit 7',
    exit: 1,
    says: ['PROCESS_FAILED', 'target-x exited with code 7', 'disk on fire'],
    rows: [],
  },
  {
    what: 'a target that leaves early with 0',
    tap: `${threeRecords}; sleep 1000`,
    target: loadAnd('exit 0'),
    exit: 1,
    says: ['TARGET_LEFT_EARLY', 'target-x exited with code 0 while tap-x still had data for it'],
    state: 3,
    rows: [1, 2, 3],
  },
  {
    what: 'a target that closes its input and goes on',
    tap: `${threeRecords}; while echo '{"type":"RECORD","stream":"u","record":{}}'; do :; done`,
    target: 'exec <&-; sleep 1000',
    exit: 1,
    says: ['TARGET_LEFT_EARLY', 'closed its input and keeps running'],
    rows: [],
  },
  {
    what: 'a target that hangs',
    yaml: { target: 'stall_timeout: 1' },
    target: 'sleep 1000',
    exit: 1,
    says: ['PROCESS_STALLED', 'target-x'],
    rows: [],
  },
  {
    what: 'a target that is killed',
    target: loadAnd('kill -9 $$'),
    exit: 1,
    says: ['PROCESS_FAILED', 'SIGKILL', 'runs out of memory'],
    state: 3,
    rows: [1, 2, 3],
  },
];

describe('the program says what is wrong with', () => {
  it.each(cases)('$what', async ({ exit, says, state: saved, rows, args = [], what: _, ...scripts }) => {
    project = await ScriptedProject.make(scripts);
    const { code, stdout, stderr } = await project.run(args, { MARKER: project.folder });
    expect({ code, stdout }, stderr).toEqual({ code: exit, stdout: '' });
    for (const text of says) expect(stderr).toMatch(typeof text === 'string' ? new RegExp(escaped(text)) : text);
    expect(stderr).not.toMatch(/^\s+at .*\(.*\.js:\d+/m);
    if (saved !== 'any')
      expect(await project.state()).toEqual(saved === undefined ? {} : { singer_state: { id: saved } });
    if (rows !== undefined) expect(await project.rows()).toEqual(rows);
    expect(await project.leftovers()).toEqual([]);
    await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 10_000 }).toEqual([]);
  });

  it('bytes that are no UTF-8 pass as they are', async () => {
    const line = `'{"type":"RECORD","stream":"u","record":{"id":"\\303\\050\\377"}}\\n'`;
    project = await ScriptedProject.make({ tap: `${messages(schema)}; printf ${line}; ${messages(state(1))}` });
    expect(await project.run()).toMatchObject({ code: 0 });
    expect((await readFile(project.path('out.jsonl'))).includes(Buffer.from([0xc3, 0x28, 0xff, 0x22]))).toBe(true);
    expect(await project.state()).toEqual({ singer_state: { id: 1 } });
  });

  it('a pip_url that can not be installed; nothing starts, and the next run tries again', async () => {
    const pip_url = 'pip_url: ./no-such-package\nvariant: x';
    project = await ScriptedProject.make({ yaml: { tap: pip_url }, target: `: > started; ${load}` });
    for (const args of [['run', 'tap-x', 'target-x'], ['install'], ['run', 'tap-x', 'target-x']]) {
      const { code, stderr } = await project.tapline(args);
      expect(code).toBe(1);
      expect(stderr).toContain('INSTALL_FAILED');
      expect(stderr).toContain('no-such-package');
      expect(stderr).not.toMatch(/^\s+at .*\(.*\.js:\d+/m);
    }
    expect(await project.rows()).toEqual([]);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
