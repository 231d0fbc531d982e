import { Argument, type Command } from 'commander';
import type { CommandContext } from '../context.js';
import { examples } from '../options/commander.js';

/** Bash splits words at colons (state IDs, plugin:command), so the script splits the line itself. */
const bash = `_tapline() {
  local line="\${COMP_LINE:0:COMP_POINT}" words current prefix='' candidate
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]}-1]}"
  [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]] && prefix="\${current%"\${current##*:}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("\${candidate#"$prefix"}")
  done < <(tapline complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _tapline tapline
`;

const zsh = `#compdef tapline
_tapline() {
  local -a candidates
  candidates=("\${(@f)$(tapline complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(\${candidates:#})
  if (( \${#candidates} )); then compadd -- "\${candidates[@]}"; else _files; fi
}
compdef _tapline tapline
`;

const fish = `complete -c tapline -a '(tapline complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };

export function completion(command: Command, { output }: CommandContext): Command {
  return command
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      examples(
        `source <(tapline completion bash)`,
        `tapline completion zsh > ~/.zfunc/_tapline`,
        `tapline completion fish > ~/.config/fish/completions/tapline.fish`,
      ),
    )
    .action((shell: string) => output.text(scripts[shell] ?? ''));
}
