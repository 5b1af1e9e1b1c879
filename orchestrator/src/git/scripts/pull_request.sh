# shellcheck shell=sh
# shellcheck disable=SC2154 # enter.sh stands before this; for bp_open network.sh, too
# Pull requests: what one would say, and one that is opened by the host's own gh.

# bp_default REMOTE: sets bp_base to the branch of the remote that others are based on, and leaves it alone where that can't be
# told.
bp_default() {
  bp_head=$(bg_git symbolic-ref -q "refs/remotes/$1/HEAD") &&
    bg_oid "$bp_head" >/dev/null && {
    bp_base=${bp_head#refs/remotes/"$1"/}
    return 0
  }
  for bp_one in main master; do
    for bp_head in "refs/remotes/$1/$bp_one" "refs/heads/$bp_one"; do
      bg_oid "$bp_head" >/dev/null && {
        bp_base=$bp_one
        return 0
      }
    done
  done
  return 1
}

# bp_cut: prints what comes on stdin, at most 60,000 bytes in whole letters: GitHub takes 65,536 letters.
bp_cut() {
  bp_all=$(head -c 60001 && echo .)
  bp_all=${bp_all%.}
  if [ "$(bg_put "$bp_all" | wc -c)" -le 60000 ]; then
    bg_put "$bp_all"
    return
  fi
  bp_last=$(printf '[\300-\377][\200-\277]*')
  bg_put "$bp_all" | head -c 60000 | LC_ALL=C sed -e "\$ s/$bp_last\$//" -e "\$ s/\$/$(printf '\342\200\246')/"
}

# bp_draft BRANCH REMOTE BASE: sets bp_base, the number bp_commits of commits that the branch has and the base hasn't, bp_title
# and bp_body made of them, and the number bp_changed of files that aren't committed.
bp_draft() {
  bp_base=$3 bp_commits=0 bp_title='' bp_body='' bp_from=''
  [ -n "$bp_base" ] || bp_default "$2"
  bp_changed=$(bg_git status --porcelain --untracked-files=all 2>/dev/null | wc -l)
  bp_changed=$((bp_changed))
  [ -n "$1" ] && [ -n "$bp_base" ] || return 0
  # What is there counts, before what is here of it.
  bp_from=$(bg_oid "refs/remotes/$2/$bp_base" ||
    bg_oid "refs/heads/$bp_base") || return 0
  bp_range=$bp_from..refs/heads/$1
  bp_commits=$(bg_git rev-list --count --no-merges "$bp_range" --) || bp_commits=0
  case $bp_commits in
    0) ;;
    1)
      bp_title=$(bg_git log --no-merges --format=%s "$bp_range" --)
      bp_body=$(bg_git log --no-merges --format=%b "$bp_range" -- | bp_cut)
      ;;
    *)
      bp_title=$(bg_put "${1##*/}" | tr '_-' '  ')
      bp_body=$(bg_git log --no-merges --reverse --format='- %s' "$bp_range" -- | head -n 100 | bp_cut)
      ;;
  esac
  return 0
}

# bp_look: what a pull request from here would say, as `KEY VALUE` ended by NULs.
bp_look() {
  bg_git rev-parse --git-dir >/dev/null || exit
  bp_branch=$(bg_git symbolic-ref -q HEAD)
  bp_branch=${bp_branch#refs/heads/}
  bp_remote=$(bg_git config --get "branch.$bp_branch.pushRemote" || bg_git config --get remote.pushDefault ||
    bg_git config --get "branch.$bp_branch.remote")
  case $bp_remote in '' | .) bp_remote=origin ;; esac
  bp_draft "$bp_branch" "$bp_remote" ''
  printf '%s\0' "branch $bp_branch" "base $bp_base" "commits $bp_commits" "changed $bp_changed" "title $bp_title" \
    "body $bp_body"
}

# bp_gh WORD…: gh, which asks nothing.
bp_gh() {
  GH_PROMPT_DISABLED=1 GH_NO_UPDATE_NOTIFIER=1 NO_COLOR=1 CLICOLOR_FORCE='' gh "$@" 3>&- </dev/null
}

# bp_login: fails where gh has no login for the machine of bn_remote, and sets bp_said to why. gh says so of every login that it has,
# also of one for another machine that is no longer good; an address that only ssh knows it can't look up.
bp_login() {
  bp_said=$(bp_gh auth status 2>&1) && return
  bp_url=$(bg_git config --get "remote.$bn_remote.url") || return
  bp_url=${bp_url#*://} bp_url=${bp_url%%[/:]*} bp_url=${bp_url##*@}
  case $bp_url in '' | -* | *[!A-Za-z0-9.-]*) return 1 ;; esac
  bp_gh auth status --hostname "$bp_url" >/dev/null 2>&1
}

# bp_open TITLE BODY BASE DRAFT HAS_TITLE HAS_BODY BRANCH: pushes the branch that is checked out, and opens a pull request for
# it; refuses one that isn't BRANCH, where one is named.
bp_open() {
  bn_branch ''
  [ "$bn_branch" = "${7:-"$bn_branch"}" ] || bn_stop other_branch "$7"
  bn_remote ''
  command -v gh >/dev/null 2>&1 || bn_stop no_gh
  bp_said=$(bp_gh --version 2>&1) || bn_stop gh_broken "$bp_said"
  bp_login || bn_stop no_login "$bp_said"
  bp_draft "$bn_branch" "$bn_remote" "$3"
  [ -n "$bp_base" ] || bn_stop no_base
  bn_tell base "$bp_base"
  bn_tell changed "$bp_changed"
  [ "$bp_base" != "$bn_branch" ] || bn_stop is_base "$bp_base"
  [ -z "$bp_from" ] || [ "$bp_commits" -gt 0 ] || bn_stop nothing_new "$bp_base"
  bn_tell doing push
  bn_push "$bn_remote" "$bn_branch" '' '' own || return
  # Hooks and a slow line take their time, and gh takes what is checked out.
  bp_now=$(bg_git symbolic-ref -q HEAD)
  [ "$bp_now" = "refs/heads/$bn_branch" ] || bn_stop left_branch "${bp_now#refs/heads/}"
  bn_tell doing open
  [ -z "$5" ] || bp_title=$1
  [ -z "$6" ] || bp_body=$2
  [ -n "$bp_title" ] || bp_title=$bn_branch
  bp_words=${0%/*}/said
  # An argument is shorter than a body may be.
  bg_put "$bp_body" >"$bp_words.body" || return
  set -- pr create --base "$bp_base" --title "$bp_title" --body-file "$bp_words.body" ${4:+--draft}
  # By what was pushed gh finds out whose branch it is, also in a fork; what isn't followed here it is told.
  bg_git rev-parse -q --verify "refs/remotes/$bn_remote/$bn_branch" >/dev/null || set -- "$@" --head "$bn_branch"
  bp_gh "$@" >"$bp_words" 2>"$bp_words.err"
  bp_status=$?
  cat "$bp_words.err" "$bp_words"
  bn_tell gh "$(cat "$bp_words")"
  bn_tell gh_err "$(cat "$bp_words.err")"
  return "$bp_status"
}
