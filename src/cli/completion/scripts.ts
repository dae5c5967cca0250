/**
 * The scripts know nothing of agentvisor: at each TAB they ask it what may stand there, so an upgrade needs no new script.
 * `:files` asks the shell for paths.
 */
const BASH = `# agentvisor completion for bash: source <(agentvisor completion bash)
_agentvisor() {
  local word begun given=() before=''
  local -i at=-1
  COMPREPLY=()
  # For bash a colon ends a word; in namespace:NS it does not.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if ((at >= 0)) && [[ $word == :* || \${given[at]} == *: ]]; then
      given[at]+=$word
    else
      at+=1
      given[at]=$word
    fi
  done
  begun=\${given[at]}
  case $begun in
    [\\'\\"]*) given[at]=\${begun:1} ;;
    *:*) [[ $COMP_WORDBREAKS == *:* ]] && before=\${begun%"\${begun##*:}"} ;;
  esac
  while IFS= read -r word; do
    if [[ $word == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("\${word#"$before"}")
    fi
  done < <(command agentvisor completion --words -- "\${given[@]}" 2>/dev/null </dev/null)
}
complete -F _agentvisor agentvisor`;

const ZSH = `#compdef agentvisor
# agentvisor completion for zsh: source <(agentvisor completion zsh), or a file _agentvisor in a folder of fpath
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
  done < <(command agentvisor completion --words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)
  (( \${#found} )) && compadd -- "\${found[@]}"
  (( files )) && _files
  return 0
}
if (( ! \${+functions[compdef]} )); then
  autoload -Uz compinit && compinit
fi
compdef _agentvisor agentvisor
# As a file of fpath all of this is the function's first call.
if [[ \${funcstack[1]-} == _agentvisor ]]; then
  _agentvisor "$@"
fi`;

const FISH = `# agentvisor completion for fish: agentvisor completion fish | source
function __agentvisor_words
  set -l before (commandline -opc)
  set -l begun (string replace -r '^["\\']' '' -- (commandline -ct))
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
