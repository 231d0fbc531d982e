import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { currentOwner, isAlive, livenessOf, processSpace, processStart } from '../../src/state/owner.js';

async function identityOf(pid: number) {
  const pidStart = await processStart(pid);
  if (pidStart === undefined) expect.fail(`no start time for ${pid}`);
  return { ...(await processSpace()), pid, pidStart };
}

describe('currentOwner', () => {
  test.each([
    ['--database-uri=postgresql://u:hunter2@h/db', '--database-uri=postgresql://u:*****@h/db'],
    ['postgresql://u:hunter2@h@ter2@h/db?x=1', 'postgresql://u:*****@h/db?x=1'],
    ['postgresql://u:hunter2/@h/db', 'postgresql://u:*****@h/db'],
    ['postgresql:///db?user=u&password=hunter2&x=1', 'postgresql:///db?user=u&password=*****&x=1'],
    ['tap-x', 'tap-x'],
    ['sqlite:///a@b.db', 'sqlite:///a@b.db'],
  ])('keeps its command without the password: %s', async (word, shown) => {
    const [node = '', script = ''] = process.argv;
    const argv = process.argv;
    process.argv = [node, script, 'run', word];
    try {
      expect((await currentOwner('run-1')).command.split(' ').slice(1)).toEqual(['run', shown]);
    } finally {
      process.argv = argv;
    }
  });

  test('is this process, and alive', async () => {
    const owner = await currentOwner('run-1');
    expect(owner).toMatchObject({ runId: 'run-1', host: hostname(), pid: process.pid });
    expect(owner.pidStart).not.toBe('');
    expect(await livenessOf(owner)).toBe('alive');
  });

  test('a long command is cut', async () => {
    const owner = await currentOwner('run-1', `tapline state set x ${'y'.repeat(5000)}`);
    expect(owner.command.length).toBeLessThanOrEqual(200);
    expect(owner.command).toMatch(/^tapline state set .*\.\.\.$/);
  });
});

describe('livenessOf', () => {
  test('a killed process is dead', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const identity = await identityOf(child.pid ?? 0);
    expect(await livenessOf(identity)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await livenessOf(identity)).toBe('dead');
    expect(await isAlive(identity)).toBe(false);
  });

  test.runIf(process.platform === 'linux')('a zombie is dead', async () => {
    // The shell starts a child, tells its pid and becomes a program that never waits for it.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [output] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(output));
      const identity = await identityOf(pid);
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => livenessOf(identity), { timeout: 10_000 }).toBe('dead');
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });

  test('a pid that another process has now is dead', async () => {
    const identity = await identityOf(process.pid);
    expect(await livenessOf({ ...identity, pidStart: `${identity.pidStart}1` })).toBe('dead');
  });

  test.each(['bootId', 'pidNamespace', 'pidStart'] as const)('without %s nothing is known', async (key) => {
    const identity = await identityOf(process.pid);
    expect(await livenessOf({ ...identity, [key]: '' })).toBe('unknown');
  });

  test.each(['bootId', 'pidNamespace'] as const)(
    'with another %s nothing is known, which counts as alive',
    async (key) => {
      const identity = { ...(await identityOf(process.pid)), pid: 2 ** 22 + 1, [key]: 'another' };
      expect(await livenessOf(identity)).toBe('unknown');
      expect(await isAlive(identity)).toBe(true);
    },
  );
});

test('a process that does not exist has no start time', async () => {
  expect(await processStart(2 ** 22 + 1)).toBeUndefined();
});
