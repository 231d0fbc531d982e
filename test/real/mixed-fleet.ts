/** One project for the original and for us, with plugins that tell when two of their kind run at once, and what was loaded. */
import { execFile, execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openHistory } from '../../src/history/open.js';
import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { cleanEnvironment, cli, type Ended, folderWith } from '../e2e/program.js';
import { installedMeltano, meltano } from './meltano.js';
import { ownSchema } from './postgres.js';

const stateId = 'dev:tap-rows-to-target-rows';

const projectFile = `
default_environment: dev
project_id: 5d4fb5a7-6d0c-4e5b-8a3e-6b6a3b8f1c13
send_anonymous_usage_stats: false
environments: [{name: dev}]
plugins:
  extractors:
  - {name: tap-rows, namespace: tap_rows, executable: ./tap.sh, capabilities: [state]}
  loaders:
  - {name: target-rows, namespace: target_rows, executable: ./target.sh}
`;

/** The kernel gives such a lock back with the process, however that ends. */
const mark = (name: string) => `
exec 9>>${name}.lock
flock --nonblock 9 || echo "two of ${name} at once" >>overlaps
`;

/** Goes on from its bookmark by three rows, and takes its time. */
const tap = `#!/bin/sh
${mark('tap')}
while [ $# -gt 0 ]; do [ "$1" = --state ] && state=$2; shift; done
last=0
[ -n "$state" ] && last=$(tr -d ' \\n' <"$state" | sed 's/.*"id":\\([0-9]*\\).*/\\1/')
echo '{"type": "SCHEMA", "stream": "rows", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": ["id"]}'
for id in $((last + 1)) $((last + 2)) $((last + 3)); do
  echo '{"type": "RECORD", "stream": "rows", "record": {"id": '$id'}}'
done
[ "$PAUSE" ] && sleep "$PAUSE" 9>&-
echo '{"type": "STATE", "value": {"bookmarks": {"rows": {"id": '$id'}}}}'
`;

const target = `#!/bin/sh
${mark('target')}
while read -r line; do
  case "$line" in
    *'"STATE"'*) printf '%s\\n' "$line" | sed 's/.*"value": \\(.*\\)}$/\\1/';;
    *'"RECORD"'*) printf '%s\\n' "$line" | sed 's/.*"id": \\([0-9]*\\).*/\\1/' >>rows;;
  esac
done
`;

/** The original, which stands still between its look at the rows of others and the insert of its own: two pipes tell and end it. */
const gate = `import sys
from meltano.core.job import finder
look = finder.JobFinder.latest_running
def stand(self, session):
    found = look(self, session)
    open('looked', 'w').close()
    open('insert').close()
    return found
finder.JobFinder.latest_running = stand
from meltano.cli import main
sys.argv[0] = 'meltano'
main()
`;

export const backends = ['SQLite', 'PostgreSQL', 'filesystem'] as const;
export type Backend = (typeof backends)[number];

/** A time for each of the two. */
export interface Starts {
  original: number;
  ours: number;
}

export class Fleet {
  private constructor(
    private readonly executable: string,
    private readonly folder: string,
    private readonly env: Record<string, string>,
    readonly close: () => Promise<void>,
  ) {}

  /** State where `backend` says; the history beside it, with files in SQLite. `pause`: seconds that each tap takes. */
  static async make(backend: Backend, pause = ''): Promise<Fleet> {
    const folder = await folderWith({ 'meltano.yml': projectFile, 'tap.sh': tap, 'target.sh': target });
    const schema = backend === 'PostgreSQL' ? await ownSchema() : undefined;
    const env = {
      PAUSE: pause,
      ...(schema === undefined ? {} : { MELTANO_DATABASE_URI: schema.uri }),
      ...(backend === 'filesystem' ? { MELTANO_STATE_BACKEND_URI: `file://${folder}/state` } : {}),
    };
    return new Fleet(await installedMeltano(), folder, env, async () => {
      await schema?.drop();
      await rm(folder, { recursive: true, force: true });
    });
  }

  original(...words: string[]): Promise<Ended> {
    return meltano(this.executable, this.folder, words.length === 0 ? runWords : words, this.env);
  }

  /** A run of the original that has looked, and inserts its row when it is told to. */
  async originalAtGate(): Promise<{ insert(): Promise<void>; ended: Promise<Ended> }> {
    const [looked, insert] = [join(this.folder, 'looked'), join(this.folder, 'insert')];
    execFileSync('mkfifo', [looked, insert]);
    await writeFile(join(this.folder, 'gate.py'), gate);
    const ended = meltano(
      join(dirname(this.executable), 'python'),
      this.folder,
      ['gate.py', ...runWords],
      this.env,
      [],
    );
    await readFile(looked);
    return { insert: () => writeFile(insert, ''), ended };
  }

  ours(...words: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const env = { ...cleanEnvironment(this.folder), USER: process.env.USER, ...this.env };
      const args = [cli, ...(words.length === 0 ? runWords : words)];
      execFile(process.execPath, args, { cwd: this.folder, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  /** What was loaded, in order. */
  async rows(): Promise<number[]> {
    return (await this.#lines('rows')).map(Number);
  }

  /** Where two processes of one plugin ran at once. */
  overlaps(): Promise<string[]> {
    return this.#lines('overlaps');
  }

  /** When the last run of each inserted its row, in milliseconds. */
  async lastStarts(): Promise<Starts> {
    const uri = this.env.MELTANO_DATABASE_URI ?? `sqlite:///${this.folder}/.meltano/meltano.db`;
    const database = await openSystemDatabase({ uri, cwd: this.folder });
    const history = openHistory(database);
    const ours = new Set((await history.listRuns({})).map(({ runId }) => runId));
    const rows = await history.meltanoRuns.list({});
    await database.close();
    const last = (isOurs: boolean) => rows.find(({ runId }) => ours.has(runId) === isOurs)?.startedAt?.getTime() ?? 0;
    return { original: last(false), ours: last(true) };
  }

  /** The bookmark as each of the two reads it. */
  async bookmarks(): Promise<{ original: unknown; ours: unknown }> {
    const [original, ours] = [await this.original('state', 'get', stateId), await this.ours('state', 'get', stateId)];
    return { original: JSON.parse(original.stdout), ours: JSON.parse(ours.stdout) };
  }

  async #lines(name: string): Promise<string[]> {
    const text = await readFile(join(this.folder, name), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}

const runWords = ['run', 'tap-rows', 'target-rows'];

/** The numbers from 1 on. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

export function stateWith(id: number): unknown {
  return { singer_state: { bookmarks: { rows: { id } } } };
}
