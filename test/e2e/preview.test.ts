/** `tapline preview`: the first rows of streams, from a tap that would never end. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';

const entry = JSON.stringify({ breadcrumb: [], metadata: {} });
const stream = (name: string) =>
  `{"tap_stream_id": "${name}", "stream": "${name}", "schema": {"properties": {"id": {}}}, "metadata": [${entry}, {"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}}]}`;

/** Sends orders without an end, two users, and no empty ones; notes how it was stopped. */
const tap = `#!/bin/sh
case "$*" in *--discover*) echo '{"streams": [${['orders', 'users', 'empty', 'hidden'].map(stream).join(', ')}]}'; exit 0;; esac
case "$*" in *--state*) echo "got a state" >&2;; esac
echo "token $TAP_X_TOKEN" >&2
trap 'echo stopped >> stops; exit 0' TERM
selected() { tr -d '\\n ' < "$4" | sed 's/\\[]//g' | grep -q "\\"tap_stream_id\\":\\"$5\\"[^]]*\\"selected\\":true"; }
for name in orders users empty; do
  [ "$3" = --catalog ] && ! selected "$@" $name && continue
  echo '{"type": "SCHEMA", "stream": "'$name'", "schema": {"properties": {"id": {}, "at": {}}}, "key_properties": ["id"]}'
  n=0
  while [ $name != empty ] && { [ $name = orders ] || [ $n -lt 2 ]; }; do
    n=$((n + 1))
    echo '{"type": "RECORD", "stream": "'$name'", "record": {"id": '$n', "price": 1.0, "note": "secret-word\\u001b[2J"}}'
  done
done
`;

const yaml = `
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./tap.sh
    capabilities: [catalog, discover, state]
    select: ['*.*', '!hidden.*']
    settings: [{name: token, sensitive: true}]
    config: {token: secret-word}
  - {name: tap-plain, namespace: tap_plain, executable: ./tap.sh}
  - {name: tap-broken, namespace: tap_broken, executable: ./broken.sh}
`;

const project = () =>
  folderWith({ 'meltano.yml': yaml, 'tap.sh': tap, 'broken.sh': '#!/bin/sh\necho "bad token" >&2\nexit 3\n' });

describe('tapline preview', () => {
  it('shows the first rows of each selected stream, then stops the tap', async () => {
    const folder = await project();
    const { code, stdout, stderr } = await tapline(folder, ['preview', 'tap-x', '--limit', '3']);
    expect(code).toBe(0);
    expect(stdout).toBe(`empty: no records

orders: first 3 records
id  at  price  note
1       1.0    secret-word
2       1.0    secret-word
3       1.0    secret-word

users: all 2 records
id  at  price  note
1       1.0    secret-word
2       1.0    secret-word
`);
    expect(stderr).not.toMatch(/secret-word|got a state/);
    expect((await readdir(join(folder, '.meltano/run/tapline'))).filter((name) => name !== 'owner')).toStrictEqual([]);
    expect((await readdir(folder)).includes('stops')).toBe(true);
  });

  it('prints JSON, with the digits of numbers', async () => {
    const { stdout } = await tapline(await project(), [
      'preview',
      'tap-x',
      'users',
      '--limit',
      '1',
      '--format',
      'json',
    ]);
    expect(misfits('output-preview', JSON.parse(stdout))).toBeUndefined();
    expect(stdout).toContain('"price": 1.0');
  });

  it('takes patterns', async () => {
    const { stdout } = await tapline(await project(), ['preview', 'tap-x', 'user*', 'e*']);
    expect(stdout.match(/^\w+: .*/gm)).toStrictEqual(['empty: no records', 'users: all 2 records']);
  });

  it('names a stream that is not selected', async () => {
    const folder = await project();
    const { code, stderr } = await tapline(folder, ['preview', 'tap-x', 'order']);
    expect(code).toBe(1);
    expect(stderr).toContain("Error: 'tap-x' has no selected stream 'order' [STREAM_UNKNOWN]");
    expect(stderr).toContain("hint: Did you mean 'orders'?");
    expect((await tapline(folder, ['preview', 'tap-x', 'hidden'])).stderr).toContain('[STREAM_UNKNOWN]');
  });

  it('shows what a tap without a catalog sends first', async () => {
    const { code, stdout } = await tapline(await project(), ['preview', 'tap-plain', '--limit', '1']);
    expect([code, stdout.split('\n')[0]]).toStrictEqual([0, 'orders: first 1 record']);
  });

  it('fails as the tap fails', async () => {
    const { code, stdout, stderr } = await tapline(await project(), ['preview', 'tap-broken']);
    expect([code, stdout]).toStrictEqual([1, '']);
    expect(stderr).toContain('Error: Extractor failed: tap-broken exited with code 3: bad token [PROCESS_FAILED]');
  });

  it('refuses a limit of nothing', async () => {
    expect(await tapline(await project(), ['preview', 'tap-x', '--limit', '0'])).toMatchObject({ code: 2, stdout: '' });
  });
});
