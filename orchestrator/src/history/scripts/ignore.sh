# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # a call sets b_p; process.sh, enter.sh and append.sh stand before this and use the rest
# What the project's git thinks of the history, and the line that makes it look away.

b_pattern=.maestro/history/

# b_ignored: answers `yes`, `no`, `nogit` or `norepository`.
b_ignored() {
  b_project
  command -v git >/dev/null 2>&1 || b_say nogit
  b_words=$(git rev-parse --is-inside-work-tree 2>&1) || {
    case $b_words in *'not a git repository'*) b_say norepository ;; esac
    b_put "$b_words" >&2
    b_say denied system .
  }
  # A name that nobody has: what is tracked would never be ignored.
  git check-ignore -q -- .maestro/history/history-.jsonl
  case $? in
    0) b_say yes ;;
    1) b_say no ;;
    *) b_say denied system . ;;
  esac
}

# b_ignore: adds the line to the project's .gitignore, if it isn't there. Answers `added` or `there`.
b_ignore() {
  b_project
  [ ! -h .gitignore ] || b_say denied symlink .gitignore
  [ ! -e .gitignore ] || [ -f .gitignore ] || b_say denied way .gitignore
  b_lead=''
  if [ -s .gitignore ]; then
    [ -r .gitignore ] || b_say denied permission .gitignore
    grep -qx -e '/\{0,1\}\.maestro/history/'"$(printf '\r')"'\{0,1\}' .gitignore && b_say there
    [ "$(($(tail -c 1 .gitignore | wc -l)))" = 1 ] || b_lead=$b_nl
  fi
  b_f=.gitignore
  b_new=''
  [ -e .gitignore ] || b_new=1
  b_stat
  b_was=$b_size
  b_text=$b_lead$b_pattern$b_nl
  b_more=${#b_text}
  b_out >>.gitignore || {
    b_cut
    b_out | cat >>.gitignore || {
      b_cut
      b_say denied system .gitignore
    }
  }
  b_say added
}
