# shellcheck shell=sh
# Arguments: what is wanted (open, attach, end), the socket's name, its path where that is known, columns, rows, whose
# terminal it is, the line that becomes its shell.
# Says on its first line whether the host has a tmux that can keep a shell, and becomes its client.
version=$(tmux -V 2>/dev/null) || version=
case $version in
  "tmux "*) version=${version#tmux } ;;
  *)
    echo 'baton none'
    exit 0
    ;;
esac
case ${version#next-} in
  [3-9].* | [1-9][0-9].* | master | openbsd-*) ;;
  *)
    printf 'baton old %s\n' "$version"
    exit 0
    ;;
esac
echo 'baton tmux'
# A tmux that we are in means nothing to the one that we start.
unset TMUX TMUX_PANE
# What clears /tmp may have taken the socket of a server that lives: told so, that makes it anew (tmux(1), SIGUSR1).
if [ -n "$3" ] && [ ! -S "$3" ]; then
  for pid in $(
    ps -A -o pid= -o args= 2>/dev/null |
      awk -v name="$2" 'index($0, " -L " name " -f /dev/null -C set-option ") { print $1 }'
  ); do
    [ -d "${3%/*}" ] || mkdir -m 700 "${3%/*}"
    kill -USR1 "$pid" || continue
    # A machine that is busy takes a while; one that lives is never taken for one that has ended.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      if [ -S "$3" ] || ! kill -0 "$pid" 2>/dev/null; then break; fi
      sleep 1
    done
    if [ ! -S "$3" ] && kill -0 "$pid" 2>/dev/null; then
      echo "the tmux that keeps it runs, and does not make its socket again" >&2
      exit 1
    fi
  done
fi
# Where the socket is that an environment of another day has made.
if [ -S "$3" ]; then way=-S socket=$3; else way=-L socket=$2; fi
case $1 in
  attach) exec tmux -u "$way" "$socket" -f /dev/null -C attach-session -d -t baton ;;
  end)
    # tmux would leave its socket behind. One command: of two, the second is dropped with a client that is cut between them;
    # and one that is asked to end may wait for a client for ever. Nobody signals that channel: it waits for the server's end.
    said=$(tmux -u "$way" "$socket" -f /dev/null \
      run-shell -b 'rm -f -- #{q:socket_path}; kill -KILL #{pid}' \; wait-for baton-end 2>&1)
    case $said in
      *'no server'* | *'(No such file or directory)'* | *'(Connection refused)'*)
        if [ "$way" = -S ]; then rm -f -- "$socket"; fi
        echo 'baton absent'
        ;;
      '' | *'server exited'* | *'lost server'*) echo 'baton ended' ;;
      *) printf '%s\n' "$said" >&2 ;;
    esac
    exit 0
    ;;
esac
# tmux forgets a tenth of its lines when there are too many (grid.c, grid_collect_history): 50,000 stay of 56,000.
# Nothing of it is to be seen by who works in it: no line, no keys, no mouse, no name of its own.
exec tmux -u -L "$2" -f /dev/null -C \
  set-option -g remain-on-exit on \; \
  set-option -g history-limit 56000 \; \
  set-option -g default-terminal "$TERM" \; \
  set-option -g status off \; \
  set-option -g prefix None \; \
  set-option -g prefix2 None \; \
  set-option -g mouse off \; \
  set-option -s escape-time 0 \; \
  set-option -s set-clipboard off \; \
  set-option -s focus-events off \; \
  set-option -s exit-unattached off \; \
  set-option -g destroy-unattached off \; \
  set-option -g detach-on-destroy on \; \
  set-option -g automatic-rename off \; \
  set-option -g allow-rename off \; \
  set-option -g set-titles off \; \
  set-option -g monitor-bell off \; \
  set-option -g bell-action none \; \
  set-option -gq allow-passthrough off \; \
  set-option -gq remain-on-exit-format '' \; \
  set-option -g visual-bell off \; \
  set-option -g update-environment '' \; \
  set-option -g @baton "$6" \; \
  new-session -s baton -n baton -x "$4" -y "$5" \
  sh -c "$7"
