#!/bin/sh
# Starts the command as the user that SANDBOX_USER_ID names. The command replaces this shell, so that it gets the
# container's signals and its exit code is the container's.
#
#   NO_SETUP=true                      run the command as whoever we are, and change nothing
#   SANDBOX_USER_ID=0                  run it as root
#   SANDBOX_USER_ID=1000               run it as a user with this id, in the groups of the files and of the Docker socket
#   WORKSPACE_MOUNT_PATH               without it nothing is mounted, and WORKSPACE_BASE is unset
#   INSTALL_THIRD_PARTY_RUNTIMES=true  install them first
set -eu

owner=openhands
user=enduser
third_party_runtimes='openhands-ai[third_party_runtimes]'
socket=/var/run/docker.sock

say() { echo "entrypoint: $*" >&2; }

refuse() {
  say "$*"
  exit 1
}

id_of() { getent passwd "$1" | cut -d: -f3; }

name_of() { getent passwd "$1" | cut -d: -f1; }

# The owner of the files gives its id away, and reaches them through its group from then on.
move_owner() {
  new=$((SANDBOX_USER_ID + 1))
  while getent passwd "$new" > /dev/null; do new=$((new + 1)); done
  say "$owner has the id $SANDBOX_USER_ID and gets $new."
  usermod -u "$new" "$owner"
}

make_user() {
  holder=$(name_of "$SANDBOX_USER_ID")
  if [ "$holder" = "$user" ]; then return; fi
  if [ "$holder" = "$owner" ]; then
    move_owner
  elif [ -n "$holder" ]; then
    refuse "SANDBOX_USER_ID is $SANDBOX_USER_ID, which is the id of $holder; choose another one."
  fi
  if [ -n "$(id_of "$user")" ]; then
    usermod -u "$SANDBOX_USER_ID" "$user"
  else
    useradd -l -m -s /bin/bash -u "$SANDBOX_USER_ID" "$user"
  fi
}

join_socket_group() {
  if [ ! -S "$socket" ]; then
    say "There is no Docker socket at $socket."
    return
  fi
  gid=$(stat -c '%g' "$socket")
  if ! getent group "$gid" > /dev/null; then
    group=docker
    if getent group "$group" > /dev/null; then group="docker-$gid"; fi
    groupadd -g "$gid" "$group"
  fi
  usermod -aG "$(getent group "$gid" | cut -d: -f1)" "$user"
}

if [ $# -eq 0 ]; then refuse 'There is no command to run; name one after the image.'; fi

if [ "${NO_SETUP:-}" = true ]; then
  say "Nothing is set up; running with the id $(id -u)."
  exec "$@"
fi

if [ "$(id -u)" -ne 0 ]; then
  refuse 'This must start as root, which it gives up itself; start the container without --user, or with NO_SETUP=true.'
fi

case "${SANDBOX_USER_ID:-}" in
  '') refuse 'SANDBOX_USER_ID is not set; set it to the id of the user that the workspace belongs to, or to 0.' ;;
  0) ;;
  0* | *[!0-9]*) refuse "SANDBOX_USER_ID is \"$SANDBOX_USER_ID\", which is no id; set it to what \"id -u\" prints." ;;
esac

if [ -z "${WORKSPACE_MOUNT_PATH:-}" ]; then unset WORKSPACE_BASE; fi

if [ "${INSTALL_THIRD_PARTY_RUNTIMES:-}" = true ]; then
  say "Installing $third_party_runtimes, which others maintain."
  pip install -q "$third_party_runtimes" || refuse "$third_party_runtimes could not be installed."
fi

if [ "$SANDBOX_USER_ID" = 0 ]; then
  export RUN_AS_OPENHANDS=false
  exec "$@"
fi

make_user
usermod -aG "$owner" "$user"
join_socket_group

HOME=$(getent passwd "$user" | cut -d: -f6)
install -d -o "$user" -g "$(id -g "$user")" "$HOME/.cache" "$HOME/.cache/huggingface" "$HOME/.cache/huggingface/hub"
say "Running as $user with the id $SANDBOX_USER_ID."
export HOME USER="$user" LOGNAME="$user" SHELL=/bin/bash
exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
