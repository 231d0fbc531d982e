import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { expandCommand, findCommand } from '../../src/plan/command-line.js';
import { box, openProject } from '../settings/open-project.js';

const commands = `{hello: 'args hello $WHO \${BOX_TARGET} "two words" ''$X''', partly: 'a$GONE b', gone: 'a $GONE', empty: 'a ""', open: 'say "it', none: ''}`;

async function open(env: Record<string, string> = {}) {
  const { resolve } = await openProject(`env: {WHO: project}\n${box('{name: target, value: tgt}', { commands })}`, {
    env,
  });
  const { plugin, processEnv } = resolve('box');
  return (name: string) => expandCommand(plugin, findCommand(plugin, name), processEnv);
}

describe('the arguments of a command', () => {
  test('are split first, then expanded: a value with blanks stays one argument', async () => {
    const expand = await open({ X: 'two words' });
    expect(expand('hello')).toEqual(['args', 'hello', 'project', 'tgt', 'two words', 'two words']);
  });

  test("see the plugin's settings and the shell", async () => {
    const expand = await open({ X: 'y', BOX_TARGET: 'over', WHO: 'shell' });
    // The env: of meltano.yml wins over the shell.
    expect(expand('hello')).toEqual(['args', 'hello', 'project', 'over', 'two words', 'y']);
  });

  test('lose an unset variable inside a word', async () => {
    expect((await open())('partly')).toEqual(['a', 'b']);
  });

  test('may be none', async () => {
    expect((await open())('none')).toEqual([]);
  });

  test.each([
    ['gone', 'VARIABLE_UNSET', "Command 'gone' of 'box' referenced unset environment variable '$GONE' in an argument."],
    ['empty', 'VARIABLE_UNSET', "Command 'empty' of 'box' has an empty argument."],
    ['open', 'USAGE', /can't be split: a " that is never closed/],
    ['nope', 'PLUGIN_COMMAND_UNKNOWN', /Utility 'box' supports the following commands: hello, partly/],
  ])('%s is refused', async (name, code, message) => {
    const expand = await open();
    let error: unknown;
    try {
      expand(name);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TaplineError);
    const { code: found, message: text, at } = error as TaplineError;
    expect([found, at?.line]).toEqual([code, 4]);
    expect(text).toMatch(message);
  });
});
