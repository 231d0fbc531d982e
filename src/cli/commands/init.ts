import type { Command } from 'commander';
import type { OptionsOf } from '../../option-definition.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri } from '../options/common.js';
import { initDefinitions } from '../options/project.js';

const options = { ...initDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function init(command: Command, { output, env }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[folder]', 'the new project; `.` is the folder that you are in')
    .addHelpText(
      'after',
      examples('tapline init my-project', 'tapline init .', 'tapline init my-project --no-usage-stats'),
    )
    .action(async (folder: string | undefined, { usageStats, force }: Options) => {
      const { createProject } = await import('../../project/create-project.js');
      const chosen = folder ?? (await askForFolder());
      const { root, files } = await createProject(chosen, {
        force: force === true,
        usageStats,
        systemFolder: env.MELTANO_SYS_DIR_ROOT,
      });
      output.line('Creating project files...');
      for (const { name, isNew } of files) output.line(`   |-- ${name}${isNew ? '' : ' (skipped)'}`);
      output.line('');
      output.line('Your project has been created! Its environments are dev, staging and prod; dev is the default.');
      output.line('');
      output.line('Next steps:');
      if (root !== process.cwd()) output.line(`  cd ${asShellWord(chosen)}`);
      output.line('  tapline validate');
      output.line('  tapline run tap-csv target-sqlite');
      output.line('  tapline docs getting-started');
    });
}

function asShellWord(folder: string): string {
  return /^[\w./~-]+$/.test(folder) && !folder.startsWith('-') ? folder : `'${folder.replaceAll("'", `'\\''`)}'`;
}

async function askForFolder(): Promise<string> {
  const { createAsker } = await import('../ask.js');
  const asker = createAsker('Pass the folder as an argument: tapline init my-project');
  try {
    for (;;) {
      const answer = await asker.ask('A name for the new project', '');
      if (answer !== '') return answer;
    }
  } finally {
    asker.close();
  }
}
