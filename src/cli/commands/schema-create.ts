import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import type { CommandContext } from '../context.js';
import { examples } from '../shared-options.js';

/** The original makes a PostgreSQL schema for loaders that could not; they can, and we have no part in it. */
export function schemaCreate(command: Command, _context: CommandContext): Command {
  return command
    .argument('<schema>')
    .argument('[roles...]', 'roles that may use it')
    .addHelpText(
      'after',
      examples('psql "$DATABASE" -c "CREATE SCHEMA IF NOT EXISTS raw; GRANT USAGE ON SCHEMA raw TO analyst"'),
    )
    .action((schema: string, roles: readonly string[]) => {
      const grants = roles.map((role) => ` GRANT USAGE ON SCHEMA ${schema} TO ${role};`).join('');
      throw new TaplineError('USAGE', 'Schemas of a warehouse are not made by this program.', {
        exitCode: 1,
        hint: `Loaders make the schema that they load into. By hand: psql -c "CREATE SCHEMA IF NOT EXISTS ${schema};${grants}"`,
      });
    });
}
