/** Invokes `node invoke-runner.mjs relay|inherit FILE ARGS...`, and leaves with the code that it gets. */
import { invokeProcess } from '../../../src/run/process/invoke-process.js';

const [mode, file = '', ...args] = process.argv.slice(2);
const spec = {
  role: 'command',
  plugin: 'util-x',
  pluginType: 'utility',
  file,
  args,
  cwd: process.cwd(),
  env: process.env,
} as const;
const onStderrLine = (line: string) => void process.stderr.write(`relayed: ${line}\n`);
process.exitCode = await invokeProcess(spec, mode === 'relay' ? { onStderrLine } : {});
