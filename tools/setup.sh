# shellcheck shell=bash
#
# What tools/forkyard and tools/check share: packages, and the Release build.
# To be sourced; needs nothing beyond the base system of Debian or Ubuntu.
# The caller sets $root (the top of the sources) and uses what is named here.
# shellcheck disable=SC2034,SC2154

EX_UNAVAILABLE=69
EX_SOFTWARE=70

# Debian and Ubuntu names. A tool that is on the PATH counts as installed,
# whoever installed it; a library has to be the distribution's.
build_packages=(
    g++ cmake ninja-build libboost-dev libfmt-dev libcli11-dev doctest-dev
    libtomlplusplus-dev libexpected-dev nlohmann-json3-dev libzstd-dev zlib1g-dev
)

# For tests alone, which do without where it is missing.
test_packages=(libsqlite3-dev)

# clang_suffix: of the clang to use, 14 or newer; -14 where there is none yet.
clang_suffix() {
    local suffix version
    for suffix in -14 -15 -16 -17 -18 -19 ''; do
        version=$("clang++$suffix" -dumpversion 2>/dev/null) || continue
        if ((${version%%.*} >= 14)); then
            echo "$suffix"
            return
        fi
    done
    echo -14
}

# For the long checks only. Each version of clang-format has its own taste, so
# without the one that the sources follow that check is left out.
analysis_packages() {
    local suffix
    suffix=$(clang_suffix)
    printf '%s\n' "clang$suffix" "clang-tidy$suffix"
    if [[ $suffix == -14 ]]; then
        echo clang-format-14
    fi
}

say() { printf 'forkyard: %s\n' "$*" >&2; }

# command_of PACKAGE: the command that makes the package unnecessary, if any.
command_of() {
    case $1 in
        g++ | cmake) echo "$1" ;;
        ninja-build) echo ninja ;;
        clang-tidy* | clang-format*) echo "$1" ;;
        clang*) echo "clang++${1#clang}" ;;
    esac
}

# missing_packages NAME...: those that are not installed, one a line.
missing_packages() {
    local package tool installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        tool=$(command_of "$package")
        if [[ -n $tool ]] && command -v "$tool" >/dev/null; then
            continue
        fi
        if ! grep -qxF "installed $package" <<<"$installed"; then
            echo "$package"
        fi
    done
}

# why_apt_failed LOG: a sentence for people.
why_apt_failed() {
    local offline='Temporary failure resolving|Could not resolve|Could not connect'
    offline+='|Unable to connect|Network is unreachable|onnection timed out|Cannot initiate the conn'
    if grep -qE "$offline" "$1"; then
        echo "the package servers cannot be reached: this machine seems to be offline"
    elif grep -qE 'Unable to locate package|has no installation candidate' "$1"; then
        echo "apt does not know a package: forkyard needs Debian 12, Ubuntu 24.04 (with 'universe')" \
            "or newer"
    elif grep -qE 'Could not get lock|Unable to acquire the dpkg' "$1"; then
        echo "another program is installing packages: try again when it has ended"
    elif grep -q 'No space left\|enough free space' "$1"; then
        echo "the disk is full"
    else
        echo "the installation failed"
    fi
}

# run_apt LOG PACKAGE...
run_apt() {
    local log=$1
    shift
    export DEBIAN_FRONTEND=noninteractive
    # A source of others that cannot be reached does not matter if the packages
    # can be had, so the verdict is left to the installation.
    local options=(-q -o DPkg::Lock::Timeout=300 -o Acquire::http::Timeout=30 -o Acquire::Retries=1)
    apt-get "${options[@]}" update >"$log" 2>&1 </dev/null || true
    apt-get "${options[@]}" install --no-install-recommends -y "$@" >>"$log" 2>&1 </dev/null
}

# install_missing PACKAGE...: returns 69 when something stays missing.
install_missing() {
    local missing log
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        if command -v cmake >/dev/null && command -v c++ >/dev/null; then
            return 0 # another distribution: CMake will name the library that it misses
        fi
        say "no apt here, and no cmake and c++ either; please install what these packages hold: $*"
        return "$EX_UNAVAILABLE"
    fi
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then
        return 0
    fi
    if ((EUID != 0)); then
        say "needs packages that only root can install. Please run:"
        printf '    apt-get install --no-install-recommends -y %s\n' "${missing[*]}" >&2
        return "$EX_UNAVAILABLE"
    fi
    mkdir -p "$root/build"
    log=$root/build/apt.log
    say "installing ${missing[*]}"
    if ! run_apt "$log" "${missing[@]}"; then
        say "cannot install ${missing[*]}"
        say "$(why_apt_failed "$log")"
        say "apt says: $(grep -m 1 '^E: ' "$log" || tail -n 1 "$log")"
        say "the whole story is in $log"
        return "$EX_UNAVAILABLE"
    fi
}

# Compilers take up to 1.5 GB each: as many at once as there are cores, if the
# memory is there.
build_jobs() {
    local memory_kb cores jobs
    cores=$(nproc)
    memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    jobs=$((memory_kb / 1500000))
    if ((jobs > cores)); then
        jobs=$cores
    fi
    echo $((jobs > 0 ? jobs : 1))
}

# configure DIR OPTION...: keeps the generator of a folder that exists, and
# starts anew where the folder came from a copy of other sources.
configure() {
    local dir=$1 cache=$1/CMakeCache.txt
    shift
    if [[ -f $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        rm -rf "$dir"
    fi
    if [[ ! -f $cache ]]; then
        if command -v ninja >/dev/null; then
            set -- -G Ninja "$@"
        fi
    fi
    cmake -S "$root" -B "$dir" "$@"
}

# The Release build is stamped with the time at which it began, so that a source
# changed meanwhile counts as newer. A folder's own time tells of files removed.
release_is_fresh() {
    local dir=$root/build/release
    [[ -x $dir/forkyard && -f $dir/stamp ]] &&
        [[ -z $(cd "$root" && find core sim tools CMakeLists.txt -newer "$dir/stamp" -print -quit) ]]
}

# show_progress: passes lines on; on a terminal ninja's counter is shown.
show_progress() {
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line"
        if [[ -t 2 && $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
            printf '\rforkyard: building %s of %s ' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
        fi
    done
    if [[ -t 2 ]]; then
        printf '\r\033[K' >&2
    fi
}

# build_release TARGET: configures and builds build/release; the caller holds
# the lock. The log stays in build/release/build.log.
build_release() {
    local dir=$root/build/release log=$root/build/release.log began=$root/build/.began status=0
    touch "$began"
    {
        configure "$dir" -DCMAKE_BUILD_TYPE=Release &&
            cmake --build "$dir" --target "$1" --parallel "$(build_jobs)"
    } </dev/null 2>&1 | show_progress >"$log" || status=1
    # Written beside the folder first: configure may start the folder anew.
    mkdir -p "$dir"
    mv "$log" "$dir/build.log"
    if ((status == 0)); then
        mv "$began" "$dir/stamp"
    fi
    return "$status"
}

# explain_failed_build LOG: the first error, or the end of the log.
explain_failed_build() {
    say "the build failed; the end of $1:"
    if grep -q -m1 -E 'error:|CMake Error|FAILED:' "$1"; then
        grep -m1 -A 15 -E 'error:|CMake Error' "$1" >&2 || tail -n 20 "$1" >&2
    else
        tail -n 20 "$1" >&2
    fi
}

# lock_build: waits for another build of these sources. The descriptor (9) is
# left open to the compilers on purpose: should this shell be killed, the next
# one waits for its orphans.
lock_build() {
    if ! mkdir -p "$root/build" 2>/dev/null || ! [[ -w $root/build ]]; then
        say "$root/build cannot be written, so nothing can be built there"
        return "$EX_UNAVAILABLE"
    fi
    exec 9>"$root/build/.lock"
    if ! flock -n 9; then
        say "waiting for another build of the same sources"
        flock 9
    fi
}

unlock_build() { exec 9>&-; }
