/** The program. `--version` is answered before anything is loaded: many tools ask for it at each start. */
import packageFile from '../package.json' with { type: 'json' };

if (process.argv[2] === '--version') {
  process.stdout.write(`tapline, version ${packageFile.version}\n`);
} else {
  const { runProgram } = await import('./cli/program.js');
  // At once, when all is written: a plugin's socket that is still open must not hold the program.
  process.exit(await runProgram(process.argv.slice(2), packageFile.version));
}
