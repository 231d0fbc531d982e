import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDotenv } from '../../src/project/dotenv.js';
import { loadProject } from '../../src/project/load.js';
import { errorOf, loadFiles, makeFolder } from './project-folder.js';

/** The environment in which the values below were recorded from python-dotenv 1.2 with interpolation. */
const environment = { HOME: '/h', P: 'proc', EMPTY: '' };

// biome-ignore format: one case a line
const recorded: [text: string, values: Record<string, string>][] = [
  ["A=1", {"A": "1"}],
  ["A = 1", {"A": "1"}],
  ["export A=1", {"A": "1"}],
  ["export  A = 1", {"A": "1"}],
  ["A", {}],
  ["A\nB=2", {"B": "2"}],
  ["A=", {"A": ""}],
  ["A= ", {"A": ""}],
  ["A=  # c", {"A": ""}],
  ["A=#c", {"A": "#c"}],
  ["A=x#c", {"A": "x#c"}],
  ["A=x #c", {"A": "x"}],
  ["A=x\t#c", {"A": "x"}],
  ["A='x' # c", {"A": "x"}],
  ["A='x'y", {}],
  ["A=\"x\" y\nB=1", {"B": "1"}],
  ["A='a\\'b'", {"A": "a'b"}],
  ["A='a\\nb'", {"A": "a\\nb"}],
  ["A=\"a\\nb\\t\\\"q\\\"\\\\\"", {"A": "a\nb\t\"q\"\\"}],
  ["A=\"a\\x\"", {"A": "a\\x"}],
  ["A=\"multi\nline\"", {"A": "multi\nline"}],
  ["A='multi\nline'", {"A": "multi\nline"}],
  ["A=`x`", {"A": "`x`"}],
  ["A=a b c", {"A": "a b c"}],
  ["A=\"unclosed\nB=2", {"B": "2"}],
  ["A='un\nB=2", {"B": "2"}],
  ["A=1\r\nB=2\r\n", {"A": "1", "B": "2"}],
  ["A=1\rB=2", {"A": "1", "B": "2"}],
  ["\ufeffA=1", {"A": "1"}],
  ["'A'=1", {"A": "1"}],
  ["'A B'=1", {"A B": "1"}],
  ["A.B=1", {"A.B": "1"}],
  ["A-B=1", {"A-B": "1"}],
  ["1A=1", {"1A": "1"}],
  ["A:1", {}],
  ["A: 1", {}],
  ["A=$P", {"A": "$P"}],
  ["A=${P}", {"A": "proc"}],
  ["A='${P}'", {"A": "proc"}],
  ["A=\"${P}\"", {"A": "proc"}],
  ["A=${NOPE}", {"A": ""}],
  ["A=${NOPE:-d}", {"A": "d"}],
  ["A=${EMPTY:-d}", {"A": ""}],
  ["A=1\nB=${A}", {"A": "1", "B": "1"}],
  ["P=file\nB=${P}", {"P": "file", "B": "file"}],
  ["A=${}", {"A": ""}],
  ["A=${A}", {"A": ""}],
  ["A=${P", {"A": "${P"}],
  ["A=\\$P", {"A": "\\$P"}],
  ["A=\\${P}", {"A": "\\proc"}],
  ["A=a=b", {"A": "a=b"}],
  ["=1", {}],
  ["A==1", {"A": "=1"}],
  ["# c", {}],
  ["  A=1", {"A": "1"}],
  ["\tA=1", {"A": "1"}],
  ["A=1\n\n\nB=2", {"A": "1", "B": "2"}],
  ["A=1 \nB=2", {"A": "1", "B": "2"}],
  ["export", {}],
  ["export A", {}],
  ["exportA=1", {"exportA": "1"}],
  ["A=\\n", {"A": "\\n"}],
  ["A=a\\b", {"A": "a\\b"}],
  ["A=\"\"", {"A": ""}],
  ["A=''", {"A": ""}],
  ["A=' x '", {"A": " x "}],
  ["A=\" x \"", {"A": " x "}],
  ["A=\u00e9", {"A": "\u00e9"}],
  ["\u00c4=1", {"\u00c4": "1"}],
  ["A=1;B=2", {"A": "1;B=2"}],
  ["A=\"a\"#c", {"A": "a"}],
  ["A='a'#c", {"A": "a"}],
  ["A=a'b'c", {"A": "a'b'c"}],
  ["A=a\"b", {"A": "a\"b"}],
  ["a b=1\nC=3", {"C": "3"}],
  ["A=1\n#x=2\nB=3", {"A": "1", "B": "3"}],
  ["A=\"a\\\nb\"", {"A": "a\\\nb"}],
  ["A=x\u000by", {"A": "x\u000by"}],
  ["A=x\u2028y\nB=1", {"A": "x\u2028y", "B": "1"}],
  ["A=\u00a0x", {"A": "x"}],
  ["A=x\u00a0", {"A": "x"}],
  ["A={\"a\": 1}", {"A": "{\"a\": 1}"}],
  ["A=http://u:p@h/d?x=1&y=2", {"A": "http://u:p@h/d?x=1&y=2"}],
  ["A=p#q", {"A": "p#q"}],
  ["A=*", {"A": "*"}],
  ["A=!x", {"A": "!x"}],
  ["A=a,b", {"A": "a,b"}],
  ["A=50%", {"A": "50%"}],
  ["A=~/x", {"A": "~/x"}],
  ["A=$", {"A": "$"}],
  ["A=a$", {"A": "a$"}],
  ["A=(x)", {"A": "(x)"}],
  ["A=<x>", {"A": "<x>"}],
  ["A=[1]", {"A": "[1]"}],
  ["A=1\n  ", {"A": "1"}],
  ["A=x -", {"A": "x -"}],
  ["A=-x", {"A": "-x"}],
  ["A=+1", {"A": "+1"}],
  ["A=^x", {"A": "^x"}],
  ["A= x y ", {"A": "x y"}],
  ["A=x  y", {"A": "x  y"}],
];

describe('a .env file', () => {
  it.each(recorded)('%j is read as python-dotenv reads it', async (text, values) => {
    expect(await parseDotenv(text, environment)).toStrictEqual(values);
  });

  it('reads many lines in a time that grows with their number only', async () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `KEY_${index}="value ${index}" # ${index}`).join('\n');
    expect(Object.keys(await parseDotenv(text, {}))).toHaveLength(50_000);
  });
});

describe('the .env of a project', () => {
  const project = 'plugins: {}\n';

  it('is optional', async () => {
    const { dotenv, dotenvFile, root } = await loadFiles(project);
    expect(dotenv).toStrictEqual({});
    expect(dotenvFile).toBe(join(root, '.env'));
  });

  it('is replaced by --env-file, relative to the project root', async () => {
    const root = makeFolder({ 'meltano.yml': project, '.env': 'A=1\n', 'conf/prod.env': 'A=2\n', 'deep/er/x': '' });
    const loaded = await loadProject({ cwd: join(root, 'deep/er'), env: {}, envFile: 'conf/prod.env' });
    expect(loaded.dotenv).toStrictEqual({ A: '2' });
  });

  it('is a folder in some projects, and then no .env', async () => {
    const root = makeFolder({ 'meltano.yml': project });
    mkdirSync(join(root, '.env'));
    expect((await loadProject({ cwd: root, env: {} })).dotenv).toStrictEqual({});
  });

  it('named by --env-file and not there is warned about', async () => {
    const { dotenv, warnings, root } = await loadFiles(project, { envFile: 'gone.env' });
    expect(dotenv).toStrictEqual({});
    expect(warnings).toMatchObject([
      { code: 'DOTENV_MISSING', message: expect.stringContaining(join(root, 'gone.env')) },
    ]);
  });

  it('has its lines that can not be read left out, with a warning that does not show them', async () => {
    const text = '# fine\nA=1\n=hunter2\n\nB="hunter2\nC=3 # fine\nD: hunter2\n';
    const { dotenv, warnings } = await loadFiles({ 'meltano.yml': project, '.env': text });
    expect(dotenv).toStrictEqual({ A: '1', C: '3' });
    expect(warnings.map(({ code, at }) => [code, at?.line])).toStrictEqual([
      ['DOTENV_LINE', 3],
      ['DOTENV_LINE', 5],
      ['DOTENV_LINE', 7],
    ]);
    expect(JSON.stringify(warnings)).not.toContain('hunter2');
  });

  it('that is not UTF-8 is DOTENV_UNREADABLE', async () => {
    const error = await errorOf(loadFiles({ 'meltano.yml': project, '.env': Buffer.from([0x41, 0x3d, 0xe9]) }));
    expect(error).toMatchObject({ code: 'DOTENV_UNREADABLE', message: expect.stringContaining('not UTF-8') });
  });

  it('that is a link to nowhere is DOTENV_UNREADABLE', async () => {
    const root = makeFolder({ 'meltano.yml': project });
    symlinkSync('gone', join(root, '.env'));
    expect((await errorOf(loadProject({ cwd: root, env: {} }))).code).toBe('DOTENV_UNREADABLE');
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read is DOTENV_UNREADABLE', async () => {
    const root = makeFolder({ 'meltano.yml': project, '.env': 'A=1' });
    chmodSync(join(root, '.env'), 0);
    expect((await errorOf(loadProject({ cwd: root, env: {} }))).code).toBe('DOTENV_UNREADABLE');
  });
});
