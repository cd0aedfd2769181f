# shellcheck shell=bash disable=SC2034
# common.sh -- what the scripts share: where the tree is, how they speak, how they build.
#
# Sourced, never run:
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
#
# Afterwards the working directory is the root of the tree.

BOON_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$BOON_ROOT" || exit
BOON_LOGS=$BOON_ROOT/build/logs

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
    BOLD='' RED='' GREEN='' DIM='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
die() {
    printf '%s%s: %s%s\n' "$RED" "$(basename "$0")" "$*" "$PLAIN" >&2
    exit 1
}

# Show the comment at the top of the calling script as its help: every line after the first up to the
# first that is no comment.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

seconds_now() { date +%s; }
duration() { # seconds → "7 s" or "2 min 5 s"
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %d s' $(($1 / 60)) $(($1 % 60)); fi
}

# While a step runs, show its newest line of output on a terminal, and a sign of life every half
# minute elsewhere.
_ticker() { # title log
    local began waited line width
    began=$(seconds_now)
    while sleep 1; do
        waited=$(($(seconds_now) - began))
        if [[ -t 1 ]]; then
            width=$(tput cols 2>/dev/null || echo 100)
            line=$(tail -c 400 "$2" 2>/dev/null | tr '\r' '\n' | tr -dc '[:print:]\n' | tail -n 1)
            line="  $1 … $(duration $waited)  $line"
            printf '\r\e[K%s' "${line:0:width-1}"
        elif ((waited % 30 == 0)); then
            say "  $1 … $(duration $waited)"
        fi
    done
}

# Run a command with its output in a log; say how long it took and, if it failed, the lines that name
# a failed check (a test may print much after it) and the log's last lines. Returns the command's exit code; the seconds it took are in STEP_SECONDS.
logged() { # title log command…
    local title=$1 log=$2 began ticker code=0
    shift 2
    mkdir -p "$(dirname "$log")"
    : >"$log"
    began=$(seconds_now)
    _ticker "$title" "$log" &
    ticker=$!
    "$@" </dev/null >"$log" 2>&1 || code=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    [[ -t 1 ]] && printf '\r\e[K'
    STEP_SECONDS=$(($(seconds_now) - began))
    if ((code == 0)); then
        printf '  %sok%s    %-44s %s\n' "$GREEN" "$PLAIN" "$title" "$(duration $STEP_SECONDS)"
    else
        printf '  %sFAIL%s  %-44s %s, exit code %d; from %s:\n' "$RED" "$PLAIN" "$title" \
            "$(duration $STEP_SECONDS)" "$code" "${log#"$BOON_ROOT"/}"
        grep -aE -A 3 '\[----\]|\[FAIL\]|CRASH|TIMEOUT|runtime error:|AddressSanitizer' "$log" |
            head -n 30 | sed 's/^/        /' || true
        say "        …"
        tail -n 40 "$log" | sed 's/^/        /'
    fi
    return "$code"
}

# Configure (where that was not done) and build a preset, or only some of its targets.
build_preset() { # preset [target…]
    local preset=$1
    shift
    if [[ ! -f build/$preset/build.ninja ]]; then
        cmake --preset "$preset" || return
    fi
    cmake --build --preset "$preset" ${1:+--target "$@"}
}

# The files of the tree, whether committed yet or not; in a copy without git, all but what is built.
tree_files() { # pathspec…
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
            if [[ -f $file ]]; then say "$file"; fi
        done
    else
        find . \( -name build -o -name node_modules -o -name .git -o -name boon-data \) -prune \
            -o -type f -print | sed 's,^\./,,' | while IFS= read -r file; do
            local spec
            for spec in "${@:-*}"; do
                # shellcheck disable=SC2053 # the right side is a pattern
                if [[ $file == $spec ]]; then say "$file"; break; fi
            done
        done
    fi | sort
}
