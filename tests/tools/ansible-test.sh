#!/usr/bin/env bash
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# ansible-test.sh [--core VERSION] [--tarball] ARGUMENT...: runs ansible-test (for instance: sanity --local) on the
# working tree; with --tarball on what the tarball installs, with the tests of the working tree beside it unless it is
# sanity that is asked for. It is the ansible-test of .venv, or that of another ansible-core, whose environment
# tests/tools/cores.sh makes.
#
# ansible-test insists on a real directory .../ansible_collections/NAMESPACE/NAME and takes no symbolic link, so it gets
# a copy of what git knows or would add. What it keeps for itself (environments for its linters) stays in .cache too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
base=$root/.cache/ansible-test
bin=$root/.venv/bin
place=$base
tarball=
while :; do
    case ${1:-} in
        --core)
            bin=$(tests/tools/cores.sh --make "$2")/bin
            place=$base/$2
            shift 2
            ;;
        --tarball)
            tarball=yes
            shift
            ;;
        *) break ;;
    esac
done
place=$place${tarball:+/tarball}
copy=$place/ansible_collections/mailflow/exchange_online

copy_tree() {
    rm -rf "$copy"
    if [ -n "$tarball" ]; then
        rm -rf "$place/dist"
        "$bin/ansible-galaxy" collection build --output-path "$place/dist" "$root" >/dev/null
        "$bin/ansible-galaxy" collection install --offline --force -p "$place" "$place"/dist/*.tar.gz >/dev/null
    fi
    mkdir -p "$copy"
    # A file that is deleted but not yet staged is still listed: leave it out.
    if [ "$tarball,$1" != yes,sanity ]; then
        git ls-files -z --cached --others --exclude-standard ${tarball:+tests} |
            while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done |
            tar --null -T - -cf - | tar -xf - -C "$copy"
    fi
    # A repository of its own, or the outer .gitignore would hide the copy from ansible-test.
    git -C "$copy" init -q
    git -C "$copy" add -A
}

# ansible-test wants to download a pip installer for each environment that it makes, but takes one that is there
# already. Python brings its own pip: this stands in for the download, and the package index is all that is needed.
provide_pip() {
    local cache=$1/.ansible/test/cache version
    mkdir -p "$cache"
    for version in 23_1_2 24_2 25_2; do
        cat >"$cache/get_pip_$version.py" <<'PYTHON'
import os
import subprocess
import sys

environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
packages = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip"], env=environment, stdout=subprocess.DEVNULL, check=True)
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], env=environment, check=True)
PYTHON
    done
}

# Directories of the Pythons that really run, newest core's range. Version managers put stubs on PATH that stand before
# the real ones and fail: stub directories are dropped, and the directory each stub leads to is taken instead.
python_directories() {
    local minor python executable
    for minor in 10 11 12 13 14; do
        { type -ap "python3.$minor" || true
          if command -v pyenv >/dev/null; then printf '%s\n' "$(pyenv root)"/versions/3."$minor".*/bin/"python3.$minor"; fi
        } | while IFS= read -r python; do
            if executable=$("$python" -c 'import ensurepip, sys, venv; print(sys.executable)' 2>/dev/null); then
                dirname "$executable"
                break
            fi
        done
    done
}

copy_tree "${1:-}"
home=$base/home
provide_pip "$home"
# pip's settings of the user (a mirror of the package index, say) hold here as well.
if [ -d "$HOME/.config/pip" ] && [ ! -e "$home/.config/pip" ]; then
    mkdir -p "$home/.config"
    ln -s "$HOME/.config/pip" "$home/.config/pip"
fi
rest=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/shims/*$' | paste -sd: -)
pythons=$(python_directories | paste -sd: -)
export HOME=$home PATH="$bin${pythons:+:$pythons}:$rest"
unset PYTHONPATH ANSIBLE_COLLECTIONS_PATH ANSIBLE_HOME
cd "$copy"
exec ansible-test "$@"
