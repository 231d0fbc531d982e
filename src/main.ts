/** The program. `--version` is answered before anything is loaded: many tools ask for it at each start. */
import { programVersion } from './version.js';

if (process.argv[2] === '--version') {
  process.stdout.write(`tapline, version ${programVersion}\n`);
} else {
  const { runProgram } = await import('./cli/program.js');
  // At once, when all is written: a plugin's socket that is still open must not hold the program.
  process.exit(await runProgram(process.argv.slice(2)));
}
