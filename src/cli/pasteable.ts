/** Hints that work as pasted: commands in them get the global options that this call was given. */
import type { StderrWriter } from '../observe/stderr.js';
import { quoteShellWord } from '../shell-words.js';

/** Options that decide which project and environment a command is about. */
export interface Whereabouts {
  environment?: string | false | undefined;
  cwd?: string | undefined;
  envFile?: string | undefined;
}

/** In backticks, as in all hints, or after the words with which a summary names the next command. */
const command = /(`|Look into it: |Run what is left: )tapline (?=[a-z])/g;

/** A writer that completes the commands in what passes it; `whereabouts` is asked each time. */
export function withPasteableCommands(stderr: StderrWriter, whereabouts: () => Whereabouts): StderrWriter {
  return {
    get isTTY() {
      return stderr.isTTY;
    },
    get columns() {
      return stderr.columns;
    },
    live: (frame) => stderr.live(frame),
    redraw: () => stderr.redraw(),
    line: (text) => stderr.line(completeCommands(text, whereabouts())),
  };
}

export function completeCommands(text: string, whereabouts: Whereabouts): string {
  const options = optionsOf(whereabouts);
  if (options === '' || !text.includes('tapline ')) return text;
  return text.replace(command, (_, before: string) => `${before}tapline ${options} `);
}

function optionsOf({ environment, cwd, envFile }: Whereabouts): string {
  const given: [string, string | false | undefined][] = [
    ['--cwd', cwd],
    ['--environment', environment],
    ['--env-file', envFile],
  ];
  return given
    .flatMap(([name, value]) => (typeof value === 'string' ? [quoteShellWord(`${name}=${value}`)] : []))
    .join(' ');
}
