import type { Command } from 'commander';
import { TaplineError } from '../../../errors.js';
import type { CommandContext } from '../../context.js';
import { examples } from '../../options/commander.js';

/** The original creates a PostgreSQL schema for loaders that could not. Today's loaders can. */
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
      throw new TaplineError('USAGE', 'creating warehouse schemas is not supported', {
        exitCode: 1,
        hint: `Loaders create the schema that they load into. To create it by hand: psql -c "CREATE SCHEMA IF NOT EXISTS ${schema};${grants}"`,
      });
    });
}
