import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Ends what a dead runner leaves behind. A small shell reads process groups and files from a pipe. Only the runner
 * holds the other end, so when the runner dies, even by kill -9, the listed groups get TERM, then KILL, and the files,
 * which hold resolved secrets, are removed.
 *
 * It leads its own session, so that the terminal's signals do not reach it, and holds none of our streams.
 */
export interface Reaper {
  readonly pid: number | undefined;
  watchGroup(groupId: number): void;
  /** Called once the leader is reaped and the group is empty: its number may then be reused. */
  forgetGroup(groupId: number): void;
  /** Adds a file or folder to remove if the runner dies before it does so. */
  watchPath(path: string): void;
  forgetPath(path: string): void;
  /** Ends the reaper, which first ends and removes what is still listed. Resolves when it is gone. */
  close(): Promise<void>;
}

const script = `
trap '' HUP INT QUIT TERM
groups=' '
while IFS= read -r line; do
  value=\${line#?}
  case $line in
    +*) groups="$groups$value ";;
    -*) case $groups in *" $value "*) groups="\${groups%%" $value "*} \${groups#*" $value "}";; esac;;
    f*) set -- "$@" "$value";;
    d*) for path do
          shift
          [ "$path" = "$value" ] || set -- "$@" "$path"
        done;;
  esac
done
[ $# -eq 0 ] || rm -rf -- "$@"
for group in $groups; do kill -s TERM -- "-$group"; done 2>/dev/null
left=20
while [ $left -gt 0 ]; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" && alive=1; done 2>/dev/null
  [ -n "$alive" ] || exit 0
  sleep 0.1 || sleep 1
  left=$((left - 1))
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

/** Starts the reaper of a run. Without `/bin/sh` it does nothing, and the next run reclaims what is left. */
export function startReaper(): Reaper {
  const child = spawn('/bin/sh', ['-c', script, 'tapline-reaper'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const input = child.stdin;
  // If it is killed, the run continues without it.
  input.on('error', () => {});
  child.unref();
  if (input instanceof Socket) input.unref();
  const tell = (line: string) => {
    // A path with a line break can't be sent; the next run removes it.
    if (!line.includes('\n') && input.writable) input.write(`${line}\n`);
  };
  return {
    pid: child.pid,
    watchGroup: (groupId) => tell(`+${groupId}`),
    forgetGroup: (groupId) => tell(`-${groupId}`),
    watchPath: (path) => tell(`f${path}`),
    forgetPath: (path) => tell(`d${path}`),
    close: () => {
      child.ref();
      input.end();
      return gone;
    },
  };
}
