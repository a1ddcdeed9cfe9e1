#!/bin/sh
# Run a script with the first Python of at least 3.11, or say what to install.
set -eu
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 &&
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$name" "$@"
    fi
done
echo "Python 3.11 or newer not found: install it (Debian, Ubuntu: apt install python3 python3-venv;" >&2
echo "Fedora: dnf install python3; macOS: brew install python)" >&2
exit 1
