# shellcheck shell=sh
# Directories.
b_send_tree() { b_say e isdir; }
