/** `add`, `remove` and `lock` against a hub on this machine, a folder, and no hub at all. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type HubServer, startHub } from './hub-server.js';
import { folderWith, tapline } from './program.js';

const tapX = {
  name: 'tap-x',
  namespace: 'tap_x',
  variant: 'acme',
  docs: 'https://docs.example.com/x',
  pip_url: 'tap-x==1',
  executable: 'tap-x-bin',
  hidden: false,
  capabilities: ['discover', 'state'],
  settings: [
    { name: 'token', kind: 'password', description: '', label: 'Tök' },
    { name: 'size', kind: 'integer', value: 0, env: 'X' },
  ],
  commands: { hello: { args: 'say hi' }, two: { args: 'x', description: 'D' } },
  requires: { files: [{ name: 'files-x', variant: 'acme' }] },
  select: ['a.*'],
};

const definitions = {
  extractors: [tapX, { ...tapX, variant: 'other', pip_url: 'tap-x-other' }],
  loaders: [{ name: 'target-y', namespace: 'target_y', variant: 'acme', pip_url: 'target-y' }],
  files: [{ name: 'files-x', namespace: 'files_x', variant: 'acme', pip_url: 'files-x' }],
};

/** As Meltano 4.4.1 wrote it from the same definition. */
const tapXLock = `{
  "plugin_type": "extractors",
  "name": "tap-x",
  "namespace": "tap_x",
  "variant": "acme",
  "label": "tap-x",
  "docs": "https://docs.example.com/x",
  "pip_url": "tap-x==1",
  "executable": "tap-x-bin",
  "capabilities": [
    "discover",
    "state"
  ],
  "settings": [
    {
      "name": "token",
      "kind": "password",
      "label": "T\\u00f6k",
      "sensitive": true
    },
    {
      "name": "size",
      "env": "X",
      "kind": "integer",
      "value": 0
    }
  ],
  "commands": {
    "hello": "say hi",
    "two": {
      "args": "x",
      "description": "D"
    }
  },
  "requires": {
    "files": [
      {
        "name": "files-x",
        "variant": "acme"
      }
    ]
  },
  "select": [
    "a.*"
  ]
}
`;

const yaml = '# ours\ndefault_environment: dev\nenvironments:\n- name: dev # stays\n';

let hub: HubServer;
let folder: string;

beforeAll(async () => {
  hub = await startHub(definitions);
});
afterAll(() => hub.close());
beforeEach(async () => {
  hub.asked.length = 0;
  hub.interrupt = undefined;
  folder = await folderWith({ 'meltano.yml': yaml });
});

const call = (args: readonly string[], { input = '', env = {} as NodeJS.ProcessEnv } = {}) =>
  tapline(folder, args, { input, env: { MELTANO_HUB_URL: hub.url, ...env } });
const read = (file: string) => readFile(join(folder, file), 'utf8');
const entries = async () => (parse(await read('meltano.yml')) as { plugins?: Record<string, unknown[]> }).plugins;

describe('add', () => {
  it('writes the entry, the lock files and what is required, as the original does', async () => {
    const { code, stdout } = await call(['add', '--no-install', 'tap-x', 'target-y']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `Added extractor 'tap-x' to your project\nVariant:\tacme (default)\nDocumentation:\thttps://docs.example.com/x\n\n` +
        `Added required file bundle 'files-x' to your project\nVariant:\tacme (default)\n\n` +
        `Added loader 'target-y' to your project\nVariant:\tacme (default)\n\n` +
        `\nTo learn more about extractor 'tap-x', visit https://docs.example.com/x\n`,
    );
    expect(await read('meltano.yml')).toBe(
      `${yaml}plugins:\n  extractors:\n  - name: tap-x\n    variant: acme\n    pip_url: tap-x==1\n  loaders:\n  - name: target-y\n    variant: acme\n    pip_url: target-y\n`,
    );
    expect(await read('plugins/extractors/tap-x--acme.lock')).toBe(tapXLock);
    expect(await read('plugins/files/files-x--acme.lock')).toContain('"name": "files-x"');
  });

  it('adds heirs and variants', async () => {
    await call(['add', '--no-install', 'tap-x']);
    await call(['add', '--no-install', 'tap-x', '--as', 'tap-x--work']);
    await call([
      'add',
      '--no-install',
      'mine',
      '--plugin-type',
      'extractor',
      '--inherit-from',
      'tap-x',
      '--variant',
      'other',
    ]);
    expect((await entries())?.extractors).toEqual([
      { name: 'tap-x', variant: 'acme', pip_url: 'tap-x==1' },
      { name: 'tap-x--work', inherit_from: 'tap-x' },
      { name: 'mine', inherit_from: 'tap-x', variant: 'other', pip_url: 'tap-x-other' },
    ]);
  });

  it('updates what is there and keeps its configuration; another variant is not mixed in', async () => {
    await writeFile(
      join(folder, 'meltano.yml'),
      `${yaml}plugins:\n  extractors:\n  - name: tap-x\n    variant: acme\n    pip_url: tap-x==0 # old\n    config: {size: 3}\n`,
    );
    const updated = await call(['add', '--no-install', 'tap-x']);
    expect(updated.stdout).toContain("Updated extractor 'tap-x' in your project");
    const text = await read('meltano.yml');
    expect(text).toContain('    pip_url: tap-x==1 # old\n    config: {size: 3}\n');
    const kept = await call(['add', '--no-install', 'tap-x', '--variant', 'other']);
    expect(kept).toMatchObject({ code: 0 });
    expect(kept.stderr).toContain("Extractor 'tap-x' already exists");
    expect(await read('meltano.yml')).toBe(text);
  });

  it('leaves the project as it was where one of several is unknown', async () => {
    const { code, stderr } = await call(['add', '--no-install', 'target-y', 'tap-xx']);
    expect(code).toBe(1);
    expect(stderr).toContain('HUB_PLUGIN_UNKNOWN');
    expect(stderr).toContain("Did you mean 'tap-x'?");
    expect(await read('meltano.yml')).toBe(yaml);
  });

  it('names the variants of a plugin that has not the one asked for', async () => {
    const { code, stderr } = await call(['add', '--no-install', 'tap-x', '--variant', 'nope']);
    expect(code).toBe(1);
    expect(stderr).toContain('Variants: acme (default), other.');
  });

  it.each(['../x', 'a:b', 'a/b', 'a b'])('refuses the name %s', async (name) => {
    const { code } = await call(['add', '--no-install', name]);
    expect(code).toBe(1);
    expect(await read('meltano.yml')).toBe(yaml);
  });

  it('takes answers from lines, in the order of the original', async () => {
    const { code } = await call(['add', '--no-install', '--custom', 'tap-c'], {
      input: '\n\n\ncatalog, discover\ntoken:password,b.c:integer,x\n',
    });
    expect(code).toBe(0);
    expect((await entries())?.extractors).toEqual([
      {
        name: 'tap-c',
        namespace: 'tap_c',
        pip_url: 'tap-c',
        executable: 'tap-c',
        capabilities: ['catalog', 'discover'],
        settings: [{ name: 'token', kind: 'string', sensitive: true }, { name: 'b.c', kind: 'integer' }, { name: 'x' }],
      },
    ]);
  });

  it('takes answers from options, and ends where nobody answers', async () => {
    const given = await call(['add', '--no-install', '--custom', 'box', '--pip-url', 'n', '--executable', './box.sh']);
    expect(given.code).toBe(0);
    expect((await entries())?.utilities).toEqual([{ name: 'box', namespace: 'box', executable: './box.sh' }]);
    const { code, stderr } = await call(['add', '--no-install', '--custom', 'tap-d'], { input: '' });
    expect([code, stderr.includes('--pip-url')]).toEqual([1, true]);
    const bad = await call(['add', '--no-install', '--custom', 'tap-e', '--settings', 'a:nope']);
    expect([bad.code, bad.stderr.includes("'nope' is not a kind of setting")]).toEqual([1, true]);
  });

  it('adds what a file or a URL defines', async () => {
    const text =
      'name: tap-ref\nnamespace: tap_ref\npip_url: tap-ref\nsettings:\n- {name: t, kind: password}\nselect: [a.*]\n';
    await writeFile(join(folder, 'ref.yml'), text);
    expect((await call(['add', '--no-install', 'tap-ref', '--from-ref', 'ref.yml'])).code).toBe(0);
    const server = createServer((_request, response) => response.end(text.replaceAll('tap-ref', 'tap-web')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tap.yml`;
    expect((await call(['add', '--no-install', 'tap-web', '--from-ref', url])).code).toBe(0);
    server.close();
    const settings = [{ name: 't', kind: 'string', sensitive: true }];
    expect((await entries())?.extractors).toEqual([
      { name: 'tap-ref', namespace: 'tap_ref', pip_url: 'tap-ref', settings },
      { name: 'tap-web', namespace: 'tap_ref', pip_url: 'tap-web', settings },
    ]);
    for (const bad of ['missing.yml', 'meltano.yml']) {
      expect(await call(['add', '--no-install', 'tap-z', '--from-ref', bad])).toMatchObject({ code: 2 });
    }
  });

  it('adds a plugin that is shipped with the program, with no hub', async () => {
    const env = { MELTANO_HUB_URL: 'http://127.0.0.1:9' };
    const { code, stderr } = await call(['add', 'target-jsonl', '--variant', 'tapline'], { env });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('HUB_')]);
    expect((await entries())?.loaders).toEqual([{ name: 'target-jsonl', variant: 'tapline' }]);
  });

  it('installs, and copies the files of a file bundle without overwriting any', async () => {
    // uv is played by a script: what it would install is one folder.
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'uv'),
      `#!/bin/sh
case "$1" in
  venv) for last in "$@"; do :; done; mkdir -p "$last/bin" "$last/lib/python3.11/site-packages/bundle/dir"; printf '#!/bin/sh\\n' > "$last/bin/python"; chmod +x "$last/bin/python"
    echo new > "$last/lib/python3.11/site-packages/bundle/dir/notes.md"; echo other > "$last/lib/python3.11/site-packages/bundle/taken.txt"; touch "$last/lib/python3.11/site-packages/bundle/__init__.py";;
esac
`,
    );
    await chmod(join(bin, 'uv'), 0o755);
    await writeFile(join(folder, 'taken.txt'), 'mine\n');
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const { code, stderr } = await call(['add', 'files-x', '--plugin-type', 'files'], { env });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Created dir/notes.md')]);
    expect(await read('dir/notes.md')).toBe('new\n');
    expect(await read('taken.txt')).toBe('mine\n');
    expect(await read('taken (files-x).txt')).toBe('other\n');
  });
});

describe('remove', () => {
  it('removes the entry, the venv and the lock of this plugin alone', async () => {
    await call(['add', '--no-install', 'tap-x', 'target-y']);
    await mkdir(join(folder, '.meltano/extractors/tap-x/venv'), { recursive: true });
    await writeFile(join(folder, 'plugins/extractors/tap-x-y--acme.lock'), '{"name": "tap-x-y"}');
    const { code } = await call(['remove', 'tap-x']);
    expect(code).toBe(0);
    expect(await entries()).toEqual({ loaders: [{ name: 'target-y', variant: 'acme', pip_url: 'target-y' }] });
    await expect(read('plugins/extractors/tap-x--acme.lock')).rejects.toThrow('ENOENT');
    expect(await read('plugins/extractors/tap-x-y--acme.lock')).toContain('tap-x-y');
    await expect(read('.meltano/extractors/tap-x/venv/x')).rejects.toThrow('ENOENT');
  });

  it('keeps a plugin that others inherit from, and says what to do', async () => {
    await call(['add', '--no-install', 'tap-x']);
    await call(['add', '--no-install', 'tap-x2', '--inherit-from', 'tap-x']);
    const { code, stderr } = await call(['remove', 'tap-x']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('tapline remove tap-x tap-x2')]);
    expect((await call(['remove', 'tap-x', 'tap-x2'])).code).toBe(0);
    expect(await read('meltano.yml')).toBe(yaml);
  });

  it('warns of what is not there, with exit code 0, and touches nothing outside', async () => {
    for (const name of ['nope', '../../x', '..']) {
      const { code, stderr } = await call(['remove', name]);
      expect([code, stderr]).toEqual([0, expect.stringContaining('Could not find')]);
    }
    expect(await read('meltano.yml')).toBe(yaml);
  });
});

describe('lock', () => {
  it('writes missing lock files, and replaces with --update only', async () => {
    await writeFile(
      join(folder, 'meltano.yml'),
      `${yaml}plugins:\n  extractors:\n  - {name: tap-x, variant: acme}\n  - {name: tap-own, namespace: own}\n  - {name: heir, inherit_from: tap-x}\n`,
    );
    const first = await call(['lock']);
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('Locked definition for extractor tap-x')]);
    expect(first.stderr).toContain('Extractor tap-own is a custom plugin');
    expect(first.stderr).toContain('Extractor heir is an inherited plugin');
    expect(await read('plugins/extractors/tap-x--acme.lock')).toBe(tapXLock);
    await writeFile(join(folder, 'plugins/extractors/tap-x--acme.lock'), '{"name": "tap-x"}');
    const again = await call(['lock', 'tap-x']);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('Lockfile exists for extractor tap-x')]);
    expect(await read('plugins/extractors/tap-x--acme.lock')).toBe('{"name": "tap-x"}');
    await call(['lock', 'tap-x', '--update']);
    expect(await read('plugins/extractors/tap-x--acme.lock')).toBe(tapXLock);
    expect((await call(['lock', 'nope'])).code).toBe(1);
  });

  it('is fetched where a command needs it, and only then', async () => {
    await writeFile(join(folder, 'meltano.yml'), `${yaml}plugins:\n  extractors:\n  - {name: tap-x, variant: acme}\n`);
    await call(['invoke', '--no-install', 'tap-x']);
    expect(await read('plugins/extractors/tap-x--acme.lock')).toBe(tapXLock);
    hub.asked.length = 0;
    await call(['invoke', '--no-install', 'tap-x']);
    await call(['job', 'list']);
    expect(hub.asked).toEqual([]);
  });

  it('works from a folder, given as a path or a URL', async () => {
    const definition = JSON.stringify(tapX);
    const copy = await folderWith({ 'plugins/extractors/tap-x--acme.json': definition });
    for (const place of [copy, `file://${copy}`]) {
      const { code } = await call(['add', '--no-install', 'tap-x', 'files-x', '--plugin-type', 'extractor'], {
        env: { MELTANO_HUB_URL: place },
      });
      expect(code).toBe(1);
    }
    await writeFile(join(copy, 'plugins/extractors/tap-x--acme.json'), definition.replace('"requires"', '"needs"'));
    const { code } = await call(['add', '--no-install', 'tap-x'], { env: { MELTANO_HUB_URL: copy } });
    expect(code).toBe(0);
    expect(await read('plugins/extractors/tap-x--acme.lock')).toContain('"executable": "tap-x-bin"');
    const gone = await call(['lock'], { env: { MELTANO_HUB_URL: join(copy, 'nowhere') } });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('HUB_UNREACHABLE')]);
  });
});

describe('the hub', () => {
  it('that is away leaves lock files, and the error says how to go on', async () => {
    const env = { MELTANO_HUB_URL: 'http://127.0.0.1:59999' };
    await call(['add', '--no-install', 'tap-x']);
    const known = await call(['add', '--no-install', 'tap-x', '--as', 'tap-x2'], { env });
    expect(known.code).toBe(0);
    const again = await call(['add', '--no-install', 'tap-x'], { env });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('lock file of tap-x is used')]);
    const { code, stderr } = await call(['add', '--no-install', 'tap-new'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('HUB_UNREACHABLE');
    expect(stderr).toContain('--from-ref FILE');
  });

  it('is asked again after 429 and 503, and not for ever', async () => {
    let failures = 2;
    hub.interrupt = (_request, response) => {
      if (failures === 0) return false;
      failures -= 1;
      response.writeHead(failures === 1 ? 429 : 503).end();
      return true;
    };
    expect((await call(['add', '--no-install', 'target-y'])).code).toBe(0);
    failures = Number.POSITIVE_INFINITY;
    hub.asked.length = 0;
    const { code, stderr } = await call(['add', '--no-install', 'tap-x']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('503')]);
    expect(hub.asked).toHaveLength(4);
  });

  it('gets its header, and says what is wrong with it', async () => {
    hub.interrupt = ({ headers }, response) => {
      if (headers.authorization === 'Bearer good') return false;
      response.writeHead(401).end('{"message": "Who are you?"}');
      return true;
    };
    const refused = await call(['add', '--no-install', 'target-y']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Who are you?')]);
    expect(refused.stderr).toContain('HUB_REFUSED');
    expect(
      (await call(['add', '--no-install', 'target-y'], { env: { MELTANO_HUB_URL_AUTH: 'Bearer good' } })).code,
    ).toBe(0);
  });

  it('is reached through a proxy, but for NO_PROXY', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request.url ?? '');
      const { pathname } = new URL(request.url ?? '', hub.url);
      fetch(`${hub.url}${pathname}`)
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
        .catch(() => response.writeHead(502).end());
    });
    proxy.on('connect', (request, socket) => {
      seen.push(request.url ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await call(['add', '--no-install', 'target-y'], { env: { HTTP_PROXY } });
    expect(seen.length).toBeGreaterThan(0);
    seen.length = 0;
    await call(['lock', '--update'], { env: { HTTP_PROXY, NO_PROXY: '127.0.0.1' } });
    expect(seen).toEqual([]);
    proxy.closeAllConnections();
    proxy.close();
  });

  it.each([
    ['no JSON', '<html>login</html>'],
    ['no map', '[1]'],
  ])('that answers with %s is told apart', async (_what, body) => {
    hub.interrupt = (_request, response) => {
      response.end(body);
      return true;
    };
    const { code, stderr } = await call(['add', '--no-install', 'target-y']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('HUB_ANSWER')]);
  });

  it('that names another plugin in a definition writes nothing', async () => {
    hub.interrupt = ({ url }, response) => {
      if (url?.endsWith('/index')) return false;
      response.end(JSON.stringify({ ...tapX, name: '../../evil' }));
      return true;
    };
    const { code, stderr } = await call(['add', '--no-install', 'tap-x']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('HUB_ANSWER')]);
    expect(await read('meltano.yml')).toBe(yaml);
  });
});

describe('install', () => {
  it('takes types, names and schedules, and says what it does; a name that nobody has is a warning', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'uv'),
      `#!/bin/sh
[ "$1" = venv ] && { for last in "$@"; do :; done; mkdir -p "$last/bin"; printf '#!/bin/sh\\n' > "$last/bin/python"; chmod +x "$last/bin/python"; }
exit 0
`,
    );
    await chmod(join(bin, 'uv'), 0o755);
    const env = { PATH: `${bin}:${process.env.PATH}` };
    await writeFile(
      join(folder, 'meltano.yml'),
      `${yaml}plugins:\n  extractors:\n  - {name: tap-a, namespace: a, pip_url: a}\n  - {name: tap-b, namespace: b, pip_url: b}\n  loaders:\n  - {name: target-z, namespace: z, executable: ./z}\njobs:\n- {name: j, tasks: [tap-b target-z]}\nschedules:\n- {name: s, interval: '@daily', job: j}\n`,
    );
    const said = async (...args: string[]) => {
      const { code, stderr } = await call(['install', ...args], { env });
      const lines = stderr.split('\n').filter((line) => / (Installed|Skipped installing) \w+ '/.test(line));
      return [code, lines.map((line) => line.replace(/^.*(Installed|Skipped)/, '$1').replace(/ {2,}.*/, '')).sort()];
    };
    const skipped = "Skipped installing loader 'target-z'. Plugin is not installable";
    expect(await said()).toEqual([0, ["Installed extractor 'tap-a'", "Installed extractor 'tap-b'", skipped]]);
    expect(await said('--plugin-type', 'loaders')).toEqual([0, [skipped]]);
    expect(await said('tap-a', '--clean', '-p', '1')).toEqual([0, ["Installed extractor 'tap-a'"]]);
    expect(await said('--schedule', 's', '--force')).toEqual([0, ["Installed extractor 'tap-b'", skipped]]);
    const unknown = await call(['install', 'tap-aa'], { env });
    expect([unknown.code, unknown.stderr]).toEqual([0, expect.stringContaining("Did you mean 'tap-a'?")]);
    expect((await call(['install', '--schedule', 'nope'], { env })).code).toBe(1);
  });
});
