/** A project whose tap says which window it was given, and can be held or made to fail in one. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import Sqlite from 'better-sqlite3';
import { ScriptedProject } from '../faults/scripted-project.js';
import type { Ended } from './program.js';

/**
 * Each window has two records, with a state behind each. A file `hold-<start>` keeps the tap of that window between the two, a file
 * `fail-<start>` ends it there. `calls`: a line for each time the tap was started.
 */
const tap = `
state=none
for word in "$@"; do [ "$before" = --state ] && state=$(cat "$word"); before=$word; done
start=$TAP_X_START_DATE; end=$TAP_X_END_DATE
printf '%s %s %s %s\\n' "$start" "$end" "\${TAP_X_REGION:--}" "$(printf %s "$state" | tr -d ' \\n')" >> calls
at() { printf '{"type":"STATE","value":{"bookmarks":{"u":{"at":"%s"}}}}\\n' "$1"; }
record() { printf '{"type":"RECORD","stream":"u","record":{"id":"%s"}}\\n' "$1"; }
printf '%s\\n' '{"type":"SCHEMA","stream":"u","schema":{"properties":{"id":{}}},"key_properties":["id"]}'
case $state in *half*) ;; *) record "$start first"; at "half $start";; esac
if [ -e "hold-$start" ]; then
  : > "held-$start"
  while [ -e "hold-$start" ]; do sleep 0.02; done
fi
[ -e "fail-$start" ] && { echo "no luck with $start" >&2; exit 3; }
record "$start second"
at "$end"
`;

const discover = `echo x >> discoveries; echo '{"streams": [{"tap_stream_id": "u", "metadata": []}, {"tap_stream_id": "v", "metadata": []}]}'`;

export const stateId = 'dev:tap-x-to-target-x';

export interface Call {
  start: string;
  end: string;
  region: string;
  state: string;
}

export class BackfillProject extends ScriptedProject {
  static async with(settings = defaultSettings): Promise<BackfillProject> {
    const { folder } = await ScriptedProject.make({ tap, discover, yaml: { tap: settings } });
    return new BackfillProject(folder);
  }

  backfill(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.tapline(['backfill', 'tap-x', 'target-x', ...args], env);
  }

  async calls(): Promise<Call[]> {
    const lines = (await this.#text('calls')).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const [start = '', end = '', region = '', ...state] = line.split(' ');
      return { start, end, region, state: state.join(' ') };
    });
  }

  async forgetCalls(): Promise<void> {
    await rm(this.path('calls'), { force: true });
  }

  async discoveries(): Promise<number> {
    return (await this.#text('discoveries')).split('\n').length - 1;
  }

  /** Of the records that the target has kept. */
  async ids(): Promise<string[]> {
    return (await this.rows()).map(String).sort();
  }

  async windows(): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.tapline(['backfill', 'show', stateId, '--format', 'json']);
    return JSON.parse(stdout).windows;
  }

  async stateIds(): Promise<string[]> {
    return (await this.tapline(['state', 'list'])).stdout.split('\n').filter((line) => line !== '');
  }

  /** By a look into the database. */
  query(sql: string): Record<string, unknown>[] {
    const database = new Sqlite(this.path('.meltano/meltano.db'), { readonly: true, timeout: 5000 });
    try {
      return database.prepare(sql).all() as Record<string, unknown>[];
    } finally {
      database.close();
    }
  }

  async #text(name: string): Promise<string> {
    return existsSync(this.path(name)) ? readFile(this.path(name), 'utf8') : '';
  }
}

export const defaultSettings = 'settings: [{name: start_date}, {name: end_date}, {name: region}]';

export const january = ['--from', '2023-01-01', '--to', '2023-02-01', '--window', '7d'];
export const weeks = ['01-01', '01-08', '01-15', '01-22', '01-29'].map((day) => `2023-${day}T00:00:00Z`);
export const bothRecords = (starts: readonly string[]) =>
  starts.flatMap((start) => [`${start} first`, `${start} second`]).sort();
