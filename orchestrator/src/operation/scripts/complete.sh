# shellcheck shell=sh
# What a Tab offers. Each offer is printed as one letter and a name, ended by a NUL: d directory, x program file, f other file,
# c command, b branch, r branch of a remote, t tag, o remote, w word of bash, e word of fish with its escapes, z word of zsh. `m` alone: there are
# more of what came last.
# Names begin with bo_: shells that learn this know other scripts of ours, too.

# bo_put TEXT: prints it and a NUL. printf is a program of its own in some shells (mksh, OpenBSD's); print is theirs.
case ${KSH_VERSION-} in
  ?*)
    # shellcheck disable=SC3061,SC2039,SC3025
    bo_put() {
      print -rn -- "$1"
      print -n '\0'
    }
    ;;
  *)
    bo_put() { printf '%s\0' "$1"; }
    ;;
esac

# bo_files PARENT LAST MOST: names in PARENT (empty: here) that begin with LAST; hidden ones only behind a dot.
bo_files() (
  [ -z "$1" ] || cd -- "$1" >/dev/null 2>&1 || exit 0
  bo_most=$3
  set -- "$2"*
  for bo_one in "$@"; do
    # A pattern that matched nothing stands there as it was written.
    if [ -d "./$bo_one" ]; then
      case $bo_one in . | .. | */) continue ;; esac
      bo_kind=d
    elif [ -f "./$bo_one" ]; then
      if [ -x "./$bo_one" ]; then bo_kind=x; else bo_kind=f; fi
    elif [ -e "./$bo_one" ] || [ -h "./$bo_one" ]; then
      bo_kind=f
    else
      continue
    fi
    if [ "$bo_most" -eq 0 ]; then
      bo_put m
      break
    fi
    bo_most=$((bo_most - 1))
    bo_put "$bo_kind$bo_one"
  done
)

# bo_commands BEGINNING MOST: builtins that every shell has, and programs.
bo_commands() (
  for bo_one in alias bg break case cd command continue eval exec exit export false fg for getopts hash if jobs kill \
    pwd printf read readonly return set shift test times trap true type ulimit umask unalias unset until wait while; do
    case $bo_one in "$1"*) bo_put "c$bo_one" ;; esac
  done
  bo_begin=$1 bo_most=$2
  IFS=:
  # In the directories that PATH names, whatever is in their names.
  set -f
  # shellcheck disable=SC2086 # parted at colons
  set -- ${PATH-}
  set +f
  unset IFS
  for bo_dir in "$@"; do
    for bo_one in "${bo_dir:-.}/$bo_begin"*; do
      if [ -f "$bo_one" ] && [ -x "$bo_one" ]; then
        [ "$bo_most" -gt 0 ] || {
          bo_put m
          exit
        }
        bo_most=$((bo_most - 1))
        bo_put "c${bo_one##*/}"
      fi
    done
  done
)

# bo_refs MOST: branches, tags and remotes of the repository that we are in, the last ones that were committed to first.
bo_refs() {
  git for-each-ref --sort=-committerdate --count="$1" --format='%(refname)' refs/heads refs/remotes refs/tags |
    while IFS= read -r bo_one; do
      case $bo_one in
        refs/heads/*) bo_put "b${bo_one#refs/heads/}" ;;
        refs/remotes/*/HEAD) ;;
        refs/remotes/*) bo_put "r${bo_one#refs/remotes/}" ;;
        refs/tags/*) bo_put "t${bo_one#refs/tags/}" ;;
      esac
    done
  git remote | while IFS= read -r bo_one; do bo_put "o$bo_one"; done
} 2>/dev/null

# bo_within SECONDS PROGRAM…: runs it for so long at most; then it is killed with all that it has started, and so is what it leaves
# behind. Where nothing can do that, it isn't run. busybox' timeout kills its child alone; coreutils' leads a group, and says
# what it is.
bo_within() {
  if command -v perl >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # perl expands it
    perl -e 'my $s = shift; defined(my $p = fork) or exit 1;
if (!$p) { setpgrp; exec { $ARGV[0] } @ARGV; exit 127 }
$SIG{ALRM} = sub { kill "-KILL", $p }; alarm $s; waitpid $p, 0; kill "-KILL", $p' "$@"
  elif timeout --version 2>/dev/null | head -n 1 | grep -q coreutils; then
    bo_seconds=$1
    shift
    # shellcheck disable=SC2016 # sh expands it
    timeout -s KILL "$bo_seconds" sh -c '"$@"; kill -KILL 0' sh "$@"
  fi
}

# bo_ask AT WORD…: what the account's own shell completes, where it can be asked without a terminal, in bo_seconds. BATON_COMMAND
# is 1 where a command is completed; BATON_LINE is the line up to the cursor; WORD number AT (from 0) is completed.
bo_ask() {
  case ${SHELL-} in
    */bash) set -- -lc "$bo_bash" bash "$@" ;;
    */zsh) set -- -lc "$bo_zsh" zsh "$@" ;;
    # A name that a line can't hold comes escaped; versions before 3.4 can't do that, and say nothing.
    */fish) set -- -lc "$bo_fish" ;;
    *) return 0 ;;
  esac
  # What a profile prints is nobody's business: answers come through 3.
  { bo_within "$bo_seconds" "$SHELL" "$@" 3>&1 >/dev/null 2>&1 </dev/null; } 2>/dev/null || :
}

# shellcheck disable=SC2016 # the other shells expand these
bo_bash='at=$1
shift
words=("$@")
current=${words[at]}
if [ "$BATON_COMMAND" = 1 ]; then
  actions="-A function -A builtin -A keyword"
  shopt -q expand_aliases && actions="$actions -A alias"
  compgen $actions -- "$current" | while IFS= read -r one; do
    case $one in _*) ;; *) printf "c%s\0" "$one" >&3 ;; esac
  done
  exit
fi
if ! declare -F _completion_loader _comp_load >/dev/null; then
  for one in /usr/share/bash-completion/bash_completion /usr/local/share/bash-completion/bash_completion \
    /usr/local/etc/profile.d/bash_completion.sh /opt/homebrew/etc/profile.d/bash_completion.sh \
    "$HOME/.nix-profile/etc/profile.d/bash_completion.sh" /run/current-system/sw/etc/profile.d/bash_completion.sh; do
    [ -r "$one" ] || continue
    # It begins with a look whether the shell is interactive, and one of its versions leaves then.
    PS1=${PS1-\$ }
    shopt -s progcomp
    . "$one"
    break
  done
fi
COMP_LINE=$BATON_LINE COMP_POINT=${#BATON_LINE} COMP_TYPE=9 COMP_KEY=9 COMP_CWORD=$at
COMP_WORDS=("${words[@]}")
command=${words[0]} previous=
[ "$at" -gt 0 ] && previous=${words[at - 1]}
name=$command
complete -p -- "$name" >/dev/null 2>&1 || name=${command##*/}
run() {
  spec=$(complete -p -- "$name" 2>/dev/null) || return 1
  eval "spec=($spec)"
  function= options=()
  set -- "${spec[@]:1}"
  while [ $# -gt 1 ]; do
    case $1 in
      -F) function=$2; shift ;;
      -o) options+=(-o "$2"); shift ;;
      -C) return 1 ;;
      -A | -G | -W | -P | -S | -X) options+=("$1" "$2"); shift ;;
      -*) options+=("$1") ;;
    esac
    shift
  done
  COMPREPLY=()
  if [ -n "$function" ]; then
    # Without a terminal there is nothing that it could change.
    compopt() { return 0; }
    "$function" "$command" "$current" "$previous" </dev/null
    status=$?
    [ "$status" -ne 124 ] || return 124
  else
    while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen "${options[@]}" -- "$current" 2>/dev/null)
  fi
}
run
case $? in
  1)
    if declare -F _comp_load >/dev/null; then _comp_load -- "$name" </dev/null || _comp_load "$name" </dev/null
    elif declare -F _completion_loader >/dev/null; then _completion_loader "$name" </dev/null
    else exit
    fi
    run || run
    ;;
  124) run || run ;;
esac >/dev/null 2>&1
[ "${#COMPREPLY[@]}" -gt 0 ] || exit
count=0
for one in "${COMPREPLY[@]}"; do
  [ "$((count += 1))" -le 400 ] || { printf "m\0" >&3; break; }
  printf "w%s\0" "$one" >&3
done'

# A zsh completes only in its editor: it is given a terminal, which nobody sees, and its words are noted on their way to the list.
# shellcheck disable=SC2016
bo_zsh='at=$1
shift
current=${argv[at + 1]}
if [[ $BATON_COMMAND = 1 ]]; then
  for one in ${(k)functions} ${(k)aliases} ${(k)builtins} ${(k)reswords}; do
    [[ $one = _* || $one != "$current"* ]] || printf "c%s\0" "$one" >&3
  done
  exit
fi
zmodload zsh/zpty || exit
export FPATH BATON_LINE
BATON_ASK="PROMPT= count=0
autoload -Uz compinit
dump=\${ZDOTDIR:-\$HOME}/.zcompdump
if [[ -r \$dump ]]; then compinit -C -d \$dump; else compinit -u -D; fi
zstyle \":completion:*\" insert-tab false
zmodload zsh/zutil
compadd() {
  if [[ \${@[1,(i)(-|--)]} = *-(O|A|D)\\ * ]]; then
    builtin compadd \"\$@\"
    return
  fi
  local -a hits ahead behind hidden after
  builtin compadd -A hits \"\$@\"
  zparseopts -E -a none P:=ahead p:=hidden S:=behind s:=after
  local one
  for one in \$hits; do
    (( (count += 1) <= 400 )) || { (( count > 401 )) || printf \"m\\0\" >&3; break }
    one=\$IPREFIX\$ahead[2]\$hidden[2]\$one\$after[2]
    # As it would be quoted in the line.
    case \$compstate[quote] in
      \"\") one=\${(Q)one} ;;
      \\\") one=\${(Q):-\\\"\$one\\\"} ;;
    esac
    printf \"z%s\\0\" \"\$one\" >&3
  done
  builtin compadd \"\$@\"
}
baton() { BUFFER=\$BATON_LINE CURSOR=\${#BATON_LINE}; zle complete-word; exit }
zle -N baton
bindkey ^T baton
print ready"
export BATON_ASK
zpty ask "exec zsh -f -i"
zpty -w ask "eval \"\$BATON_ASK\""
zpty -r -m ask none "*ready*"
zpty -w -n ask "$(printf "\024")"
while zpty -r ask none; do :; done'

# shellcheck disable=SC2016
bo_fish='set all (complete --escape -C "$BATON_LINE" 2>/dev/null)
and begin
  set count 0
  for one in $all
    set count (math $count + 1)
    if test $count -gt 400
      printf "m\0" >&3
      break
    end
    printf "e%s\0" $one >&3
  end
end'

# bo_complete DIRECTORY FILES COMMANDS REFS SECONDS PARENT LAST COMMAND LINE AT WORD…: all of it, as far as the flags FILES,
# COMMANDS and REFS say; SECONDS is 0 where the account's shell isn't asked.
bo_complete() (
  unset CDPATH
  cd "$HOME" >/dev/null 2>&1 || :
  cd -- "$1" >/dev/null 2>&1 || exit 3
  [ "$3" = 0 ] || bo_commands "$7" 1000
  [ "$4" = 0 ] || bo_refs 2000
  [ "$2" = 0 ] || bo_files "$6" "$7" 1000
  [ "$5" != 0 ] || exit 0
  bo_seconds=$5 BATON_COMMAND=$8 BATON_LINE=$9
  export BATON_COMMAND BATON_LINE
  shift 9
  bo_ask "$@"
)
