import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

interface Options {
  usageStats: boolean;
  force?: true;
}

export function init(command: Command, { output, env }: CommandContext): Command {
  return command
    .argument('[folder]', 'the new project; `.` is the folder that you are in')
    .option('--force', 'overwrite a meltano.yml that is there; all other files stay')
    .option('--no-usage-stats', 'tell Meltano, should it work in this project too, to send no statistics')
    .addOption(databaseUriOption())
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
      if (root !== process.cwd()) output.line(`  cd ${folder ?? chosen}`);
      output.line('  tapline add tap-csv target-jsonl --variant tapline');
      output.line('  tapline run tap-csv target-jsonl');
    });
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
