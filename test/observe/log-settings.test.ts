import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseLogSettings } from '../../src/observe/log-settings.js';

async function choose(text: string | undefined, options = {}, settings = {}, name = 'logging.yaml') {
  const cwd = await mkdtemp(join(tmpdir(), 'tapline-log-'));
  if (text !== undefined) await writeFile(join(cwd, name), text);
  const chosen = await chooseLogSettings({ options, settings, cwd });
  return chosen.outputs.map((output) => ({ ...output, file: output.file?.replace(cwd, '.') }));
}

/** As dagster-meltano ships one. */
const pythonFile = `
version: 1
disable_existing_loggers: false
formatters:
  default:
    format: "%(message)s"
  structured_json:
    (): meltano.core.logging.json_formatter
  colored:
    (): meltano.core.logging.console_log_formatter
    colors: true
    include_keys: [run_id]
handlers:
  console:
    class: logging.StreamHandler
    level: WARNING
    formatter: structured_json
    stream: "ext://sys.stderr"
  file:
    class: logging.FileHandler
    level: DEBUG
    filename: logs/meltano.log
    formatter: colored
root:
  level: INFO
  propagate: yes
  handlers: [console, file, missing]
`;

describe('where the log goes', () => {
  it('is stderr, from info on, in colour, if nothing says otherwise', async () => {
    expect(await choose(undefined)).toEqual([{ level: 'info', format: 'colored', file: undefined }]);
  });

  it('follows options before settings', async () => {
    const chosen = await choose(undefined, { level: 'debug' }, { level: 'ERROR', format: 'key_value' });
    expect(chosen).toEqual([{ level: 'debug', format: 'key-value', file: undefined }]);
  });

  it("takes levels, formats and files from a Python program's logging file", async () => {
    expect(await choose(pythonFile)).toEqual([
      { level: 'warning', format: 'json', file: undefined },
      { level: 'info', format: 'colored', includeKeys: ['run_id'], file: './logs/meltano.log' },
    ]);
  });

  it('finds it under the other ending too', async () => {
    expect(await choose(pythonFile, {}, {}, 'logging.yml')).toHaveLength(2);
  });

  it('lets options on the command line beat it', async () => {
    const [console] = await choose(pythonFile, { level: 'debug', format: 'plain' });
    expect(console).toMatchObject({ level: 'debug', format: 'plain' });
  });

  it.each(['', 'null', '- 1', 'root: [', 'handlers: 3\nroot: {handlers: [x]}', '\t: :'])(
    'is not broken by %j',
    async (text) => {
      await expect(choose(text)).resolves.toBeInstanceOf(Array);
    },
  );

  it('names what a level can be', async () => {
    await expect(choose(undefined, { level: 'loud' })).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('debug'),
    });
  });
});
