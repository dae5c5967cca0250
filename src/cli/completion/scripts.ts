/**
 * The scripts know nothing of agentvisor: at each TAB they ask it what may stand there, so an upgrade needs no new script.
 * `:files` asks the shell for paths.
 */
const BASH = `# agentvisor completion for bash: source <(agentvisor completion bash)
_agentvisor() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ $word == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$word")
    fi
  done < <(command agentvisor completion --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
}
complete -F _agentvisor agentvisor`;

const ZSH = `#compdef agentvisor
# agentvisor completion for zsh: source <(agentvisor completion zsh)
_agentvisor() {
  local word
  local -a found
  local -i files=0
  while IFS= read -r word; do
    if [[ $word == :files ]]; then
      files=1
    else
      found+=("$word")
    fi
  done < <(command agentvisor completion --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)
  (( \${#found} )) && compadd -- "\${found[@]}"
  (( files )) && _files
  return 0
}
if (( ! \${+functions[compdef]} )); then
  autoload -Uz compinit && compinit
fi
compdef _agentvisor agentvisor`;

const FISH = `# agentvisor completion for fish: agentvisor completion fish | source
function __agentvisor_words
  set -l before (commandline -opc)
  set -l begun (commandline -ct)
  for word in (command agentvisor completion --words -- $before[2..-1] "$begun" 2>/dev/null </dev/null)
    if test "$word" = :files
      __fish_complete_path "$begun"
    else
      echo $word
    end
  end
end
complete -c agentvisor -f -a '(__agentvisor_words)'`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
