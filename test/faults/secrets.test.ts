/** One secret, said in all ways by everything that can say it: it is in nothing that we write, and in no process's arguments. */
import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { writePythonPackage } from '../install/python-package.js';
import { load, messages, record, ScriptedProject, type Started, schema, state } from './scripted-project.js';

const secret = 'pa55 "w0rd"/ü+\\n=&';
const forms = [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ x: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(`u:${secret}`).toString('base64').slice(4, -4),
  Buffer.from(`us:${secret}`).toString('base64').slice(4, -4),
  Buffer.from(secret).toString('base64url'),
];
/** None of these may be seen: each form, and what is left of one that is cut. */
const traces = [...new Set([...forms, 'pa55 ', 'w0rd'])];

const sayer = `#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const secret = process.env.SAID;
const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('base64'),
  Buffer.from('u:' + secret).toString('base64'), Buffer.from('us:' + secret).toString('base64'),
  new URLSearchParams({ x: secret }).toString(), Buffer.from(secret).toString('base64url')];
const out = Number(process.argv[2] ?? 2);
for (const form of forms) writeSync(out, 'It is ' + form + ' here.\\n');
// In pieces, each a write of its own.
for (const form of forms.slice(0, 4)) {
  for (let at = 0; at < form.length; at += 3) { writeSync(out, form.slice(at, at + 3)); await sleep(1); }
  writeSync(out, '\\n');
}
writeSync(out, JSON.stringify({ level: 'info', message: 'logged ' + secret, token: secret, logger_name: 'x', pid: 1, ts: 1, thread_name: 'a', app_name: 'b' }) + '\\n');
// A long line that is cut, just in the secret.
writeSync(out, 'x'.repeat(16380) + secret + '\\n');
writeSync(out, 'the last words are ' + secret);
`;

let project: ScriptedProject;
let run: Started | undefined;
afterEach(async () => {
  run?.kill('SIGKILL');
  await run?.ended;
  run = undefined;
  await project.remove();
});

const settings = 'settings: [{name: token, sensitive: true}, {name: url}]\nconfig: {token: $TOKEN}';
const env = () => ({ TOKEN: secret, SAID: secret });
const more = `  utilities:
  - {name: box, namespace: box, executable: ./sayer.mjs, settings: [{name: token, kind: password}], config: {token: $TOKEN}, commands: {say: '1', fail: '1 fail'}}`;

async function make(scripts: { discover?: string; tap?: string; target?: string } = {}, tap = settings): Promise<void> {
  project = await ScriptedProject.make({
    ...scripts,
    yaml: { tap: `${tap}\nextra_note: x`, more },
    files: { 'sayer.mjs': sayer },
  });
}

/** All files below a folder, as bytes in Latin-1 and in UTF-8. */
async function filesBelow(place: string): Promise<[name: string, text: string][]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('/venv/'));
  return Promise.all(
    files.map(async (entry): Promise<[string, string]> => {
      const file = join(entry.parentPath, entry.name);
      return [file, (await readFile(file)).toString('utf8')];
    }),
  );
}

function lacks(text: string, where: string): void {
  for (const trace of traces) {
    const at = text.indexOf(trace);
    if (at >= 0)
      expect.fail(
        `${where} has ${JSON.stringify(trace)}: ${JSON.stringify(text.slice(Math.max(0, at - 60), at + 60))}`,
      );
  }
}

/** What the program has written: logs, history (each cell of each table), caches. */
async function nothingKept(): Promise<void> {
  for (const folder of ['home', '.meltano', 'logs'])
    for (const [name, text] of await filesBelow(project.path(folder))) lacks(text, name);
  const database = new Sqlite(project.path('.meltano', 'meltano.db'), { readonly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
  for (const table of tables)
    lacks(JSON.stringify(database.prepare(`SELECT * FROM "${table}"`).all()).replaceAll('\\\\', '\\'), table);
  database.close();
}

describe('a secret', () => {
  it.each(['text', 'json'])('said by each plugin of a run that fails, logged as %s', async (format) => {
    await make({
      discover: `./sayer.mjs; echo '{"streams": []}'`,
      tap: `./sayer.mjs; ${messages(schema, record(1), state(1))}; exit 3`,
      target: `./sayer.mjs; . ./load.part; ./sayer.mjs; exit 4`,
    });
    await project.put('load.part', load);
    const args = ['--log-level=debug', ...(format === 'json' ? ['--log-format=json'] : [])];
    const said = await project.tapline([...args, 'run', 'box:say', 'tap-x', 'target-x'], env());
    expect(said.code, said.stderr).toBe(1);
    expect(said.stderr).toContain('It is');
    expect(said.stderr).toContain('*****');
    lacks(said.stderr + said.stdout, 'stderr');
    await nothingKept();
    for (const words of [
      ['runs', 'list'],
      ['runs', 'show', /runs show (\S+)/.exec(said.stderr)?.[1] ?? ''],
      ['lease', 'list'],
    ]) {
      if (words.at(-1) === '') continue;
      const { stdout, stderr } = await project.tapline(words, env());
      lacks(stdout + stderr, words.join(' '));
    }
  });

  it('in the errors of a discovery, of an install, of a start', async () => {
    await make({ discover: './sayer.mjs; exit 5' });
    const discovery = await project.run([], env());
    expect(discovery.stderr).toContain('DISCOVERY_FAILED');
    lacks(discovery.stderr, 'discovery');
    await nothingKept();

    await project.remove();
    await make({ discover: './sayer.mjs 1' });
    const noCatalog = await project.run([], env());
    expect(noCatalog.stderr).toContain('CATALOG_INVALID');
    lacks(noCatalog.stderr, 'catalog');
    await nothingKept();

    await project.remove();
    project = await ScriptedProject.make({ yaml: { tap: `${settings}\npip_url: ./package\nvariant: x` } });
    await writePythonPackage(project.path('package'), 'tap_x', 'never');
    await project.put('package/backend.py', 'import os\nraise SystemExit("it is " + os.environ["SAID"])\n');
    const install = await project.run([], env());
    expect(install.stderr).toContain('INSTALL_FAILED');
    lacks(install.stderr, 'install');
    for (const [name, text] of await filesBelow(project.path('.meltano'))) lacks(text, name);

    await project.remove();
    project = await ScriptedProject.make({ yaml: { tap: settings, executables: { target: `./no/${'such'}` } } });
    const start = await project.run([], env());
    expect(start.stderr).toContain('EXECUTABLE_MISSING');
    lacks(start.stderr, 'start');
  });

  it('is in no arguments of any process while it runs, nor in files that others can read', async () => {
    await make({ tap: `echo waiting >&2; read line < gate; ${messages(schema, record(1), state(1))}` });
    execFileSync('mkfifo', [project.path('gate')]);
    // Not the variable that the test gives it by: that is the caller's own.
    await project.put('.env', `TOKEN='${secret.replaceAll('\\', '\\\\')}'\n`, 0o600);
    run = project.start(undefined, {});
    await run.said(/waiting/);
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    for (const line of lines) if (line.includes(project.folder)) lacks(line, 'arguments');
    expect(lines.some((line) => line.includes(project.path('.meltano/run/tapline')))).toBe(true);
    const kept = await filesBelow(project.path('.meltano'));
    const holding = kept.filter(([, text]) => text.includes('w0rd'));
    expect(holding.length).toBeGreaterThan(0);
    for (const [name] of holding) expect((await stat(name)).mode & 0o077, name).toBe(0);
    await writeFile(project.path('gate'), 'go\n');
    expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
    lacks(run.stderr, 'stderr');
    await nothingKept();
  });

  it('in what `config` and `invoke` show, unless it is asked for', async () => {
    await make();
    for (const args of [
      ['config', 'list', 'tap-x'],
      ['config', 'print', 'tap-x'],
      ['run', '--dry-run', 'tap-x', 'target-x'],
    ]) {
      const { stdout, stderr } = await project.tapline(args, env());
      lacks(stderr, args.join(' '));
      if (args[1] !== 'print') lacks(stdout, args.join(' '));
    }
  });
});
