/** The program. `--version` is answered before anything is loaded: many tools ask for it at every start. */
import { basename } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };

if (['--version', '-V', 'version'].includes(process.argv[2] ?? '')) {
  // Through a link of the name `meltano` it answers as that, in the form that clients parse.
  const isMeltano = basename(process.argv[1] ?? '') === 'meltano';
  const version = isMeltano ? (await import('./project/meltano-version.js')).meltanoVersion : packageFile.version;
  process.stdout.write(`${isMeltano ? 'meltano' : 'tapline'}, version ${version}\n`);
} else {
  const { runProgram } = await import('./cli/program.js');
  // At once, when all is written: a plugin's socket that is still open must not hold the program.
  process.exit(await runProgram(process.argv.slice(2), packageFile.version));
}
