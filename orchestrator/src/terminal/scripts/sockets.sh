# Finds and ends the servers that keep our terminals. Functions of a control shell.
# b_kept PREFIX: the names of the sockets that begin so, each behind a line's beginning.
b_kept() {
  for b_socket in "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/$1"*; do
    if [ -S "$b_socket" ]; then printf '%s\n' "${b_socket##*/}"; fi
  done
}

# b_end_kept NAME…: ends them and what runs in them. A socket that nobody listens on any more goes, too.
b_end_kept() {
  for b_name in "$@"; do
    tmux -L "$b_name" kill-server 2>/dev/null ||
      rm -f -- "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/$b_name"
  done
}

# b_end_shell GROUP: hangs up, and kills what doesn't go within two seconds.
b_end_shell() {
  kill -HUP "-$1" 2>/dev/null || return 0
  kill -CONT "-$1" 2>/dev/null
  for _ in 1 2; do
    kill -0 "-$1" 2>/dev/null || return 0
    sleep 1
  done
  kill -KILL "-$1" 2>/dev/null || :
}
