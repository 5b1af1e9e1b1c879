# shellcheck shell=sh
# Arguments: what is wanted (open, attach), the socket's name, columns, rows, whose terminal it is.
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
printf 'baton tmux %s\n' "$(uname -n)"
# A tmux that we are in means nothing to the one that we start.
unset TMUX TMUX_PANE
if [ "$1" = attach ]; then exec tmux -u -L "$2" -f /dev/null -C attach-session -d -t baton; fi
# Nothing of it is to be seen by who works in it: no line, no keys, no mouse, no name of its own. What the shell sees of
# tmux in its environment is taken out again.
# shellcheck disable=SC2016
exec tmux -u -L "$2" -f /dev/null -C \
  set-option -g remain-on-exit on \; \
  set-option -g history-limit 50000 \; \
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
  set-option -g @baton "$5" \; \
  new-session -s baton -n baton -x "$3" -y "$4" \
  sh -c 'unset TMUX TMUX_PANE TERM_PROGRAM TERM_PROGRAM_VERSION; exec "${SHELL:-/bin/sh}" -l'
