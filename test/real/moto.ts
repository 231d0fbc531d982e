/** An S3 server for tests: moto, from PyPI. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { withFileLock } from '../../src/file-lock.js';
import { cache } from './meltano.js';

const run = promisify(execFile);
const packages = ['moto[s3,server]==5.2.5', 'meltano[s3]==4.4.1'];

/**
 * One request at a time: moto compares and writes in two steps, so with its own server two conditional writes at once may
 * both go well. What is kept lies in memory, so that a test can put many objects there at once, and stop the time.
 */
const server = `
import json, sys, threading
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from moto.s3.models import s3_backends

WSGIRequestHandler.protocol_version = 'HTTP/1.1'
WSGIRequestHandler.log_request = lambda *_, **__: None
moto = DomainDispatcherApplication(create_backend_app)
one = threading.Lock()

def seed(environ, start):
    body = json.loads(environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'])))
    for backend in s3_backends.values():
        region = backend['aws']
        if body['bucket'] in region.buckets:
            for key in body['keys']:
                region.put_object(body['bucket'], key, body['text'].encode())
    start('204 No Content', [('Content-Length', '0')])
    return []

def app(environ, start):
    with one:
        if environ['PATH_INFO'] == '/seed':
            return seed(environ, start)
        return list(moto(environ, start))

httpd = make_server('127.0.0.1', int(sys.argv[1]), app, threaded=True)
print(httpd.server_port, flush=True)
httpd.serve_forever()
`;

export interface Moto {
  endpoint: string;
  bucket: string;
  /** The executable of the original, with what it needs for S3. */
  meltano: string;
  /** Puts the same text under many keys. */
  seed(keys: string[], text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Installed once a checkout. */
async function installed(): Promise<string> {
  const venv = join(cache, 'moto-5.2.5');
  const finished = join(venv, 'installed');
  await mkdir(cache, { recursive: true });
  return withFileLock(
    join(cache, 'moto.lock'),
    async () => {
      const isThere = await access(finished).then(
        () => true,
        () => false,
      );
      if (!isThere) {
        await run('python3', ['-m', 'venv', '--clear', venv]);
        await run(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
        await writeFile(finished, '');
      }
      return join(venv, 'bin');
    },
    { waitSeconds: 600 },
  );
}

export async function startMoto(port = 0): Promise<Moto> {
  const bin = await installed();
  const child = spawn(join(bin, 'python'), ['-c', server, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const endpoint = `http://127.0.0.1:${line}`;
  const bucket = 'states';
  await answered(await fetch(`${endpoint}/${bucket}`, { method: 'PUT' }));
  return {
    endpoint,
    bucket,
    meltano: join(bin, 'meltano'),
    seed: async (keys, text) => {
      await answered(await fetch(`${endpoint}/seed`, { method: 'POST', body: JSON.stringify({ bucket, keys, text }) }));
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

async function answered(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`moto answers ${response.status}: ${await response.text()}`);
}
