/**
 * The owner of a lease, and whether its process is alive. A pid alone says nothing: it is reused, another container
 * has its own pid 1, another boot its own pid 4711. So the start time, the boot and the PID namespace are compared too.
 */
import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { LeaseOwner } from './port.js';

/** The space in which a pid is unique. Empty texts if the platform does not tell. */
export interface ProcessSpace {
  host: string;
  bootId: string;
  pidNamespace: string;
}

/** What identifies a process among all that ever ran. */
export type ProcessIdentity = Pick<LeaseOwner, 'pid' | 'pidStart' | 'bootId' | 'pidNamespace'>;

/** `unknown`: it can't be seen from here (another host, another container, an unknown platform). */
export type Liveness = 'alive' | 'dead' | 'unknown';

const maxCommandLength = 200;

/** This process as an owner; `command` defaults to the program's name and its arguments. */
export async function currentOwner(runId: string, command: string = currentCommand()): Promise<LeaseOwner> {
  const [space, pidStart] = await Promise.all([processSpace(), processStart(process.pid)]);
  return { runId, ...space, pid: process.pid, pidStart: pidStart ?? '', user: userName(), command: shorten(command) };
}

export async function processSpace(): Promise<ProcessSpace> {
  const host = hostname();
  if (process.platform === 'linux') {
    return { host, bootId: readText('/proc/sys/kernel/random/boot_id'), pidNamespace: readLink('/proc/self/ns/pid') };
  }
  if (process.platform === 'darwin') {
    return { host, bootId: await output('sysctl', ['-n', 'kern.bootsessionuuid']), pidNamespace: 'darwin' };
  }
  return { host, bootId: '', pidNamespace: '' };
}

/** The start time of a process as the kernel gives it; undefined if there is no such process, or only its zombie. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxStart(pid);
  if (process.platform === 'win32') return undefined;
  const [state = '', ...start] = (await output('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])).split(/\s+/);
  return start.length === 0 || state.startsWith('Z') ? undefined : start.join(' ');
}

export async function livenessOf(owner: ProcessIdentity): Promise<Liveness> {
  if (owner.pidStart === '' || owner.bootId === '' || owner.pidNamespace === '') return 'unknown';
  const here = await processSpace();
  // Another boot ID under the same host name may be another machine of that name, so it proves nothing.
  if (owner.bootId !== here.bootId || owner.pidNamespace !== here.pidNamespace) return 'unknown';
  if (!exists(owner.pid)) return 'dead';
  const start = await processStart(owner.pid);
  if (start !== undefined) return start === owner.pidStart ? 'alive' : 'dead';
  // It exists, but has no start time: a zombie, or a /proc that hides the processes of others (hidepid).
  return isZombie(owner.pid) || !exists(owner.pid) ? 'dead' : 'unknown';
}

/** False only if the process is certainly gone. */
export async function isAlive(owner: ProcessIdentity): Promise<boolean> {
  return (await livenessOf(owner)) !== 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Fields of /proc/PID/stat after the name, which may itself hold blanks and parentheses: state is the first, start time the twentieth. */
function statFields(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function linuxStart(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields === undefined || isDeadState(fields[0]) ? undefined : fields[19];
}

function isZombie(pid: number): boolean {
  return process.platform === 'linux' && isDeadState(statFields(pid)?.[0]);
}

function isDeadState(state: string | undefined): boolean {
  return state === 'Z' || state === 'X';
}

/** As it was typed, without passwords. */
function currentCommand(): string {
  const [, script = 'tapline', ...words] = process.argv;
  const name = basename(script).replace(/\.[cm]?js$/, '');
  return [name === 'cli' ? 'tapline' : name, ...words.map(withoutPassword)].join(' ');
}

/** Others read the command: `--database-uri postgresql://user:password@host/name` must not show its password. */
function withoutPassword(word: string): string {
  return word.replace(/([a-z][\w+.-]*:\/\/[^:/?@]*:).*@/is, '$1*****@').replace(/([?&]\w*password=)[^&]*/gi, '$1*****');
}

function shorten(command: string): string {
  return command.length <= maxCommandLength ? command : `${command.slice(0, maxCommandLength - 3)}...`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user ID that has no name.
    return String(process.getuid?.() ?? '');
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

async function output(command: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
    return stdout.trim();
  } catch {
    return '';
  }
}
