# shellcheck shell=sh
# What the scripts share. Sourced from the repository's root.

# Servers live in sbin, which isn't on the PATH of an ordinary account.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# have COMMAND: whether it is there.
have() { command -v "$1" >/dev/null 2>&1; }

# fail MESSAGE [HINT]: says what is wrong and what to do, and ends the script.
fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

# target_dir: where cargo builds, whatever the environment and cargo's configuration say.
target_dir() {
  cargo metadata --format-version 1 --no-deps --offline |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
