# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the oracle's programs share: how a case is written and how its volumes are made.
#
# A case is a folder with case.sh and tree/VOLUME/..., or one grub.cfg whose lines "#: ..." are its
# case.sh and whose lines "#= PATH" begin further files. The words of case.sh:
#
#   volume NAME [UUID=U] [LABEL=L] [mount=DIR] [prefix=/@] [fs=TYPE] [disk=N]
#                               partitions in this order; prefix: what of it is mounted there
#   config VOLUME PATH          the grub.cfg that GRUB starts with
#   kernel VOLUME PATH...       files with something like a kernel inside
#   initrd VOLUME PATH...
#   grubenv VOLUME PATH [NAME=VALUE...]
#   platform pc|efi             version 2.06|2.12|2.14
#   cmdline TEXT                /proc/cmdline of the captured machine
#   ids no                      entries have no ids of their own: do not compare them
#   ask default | ask entry=ID | ask "with NAME=VALUE"
#                               the questions: what boots by itself, that entry chosen by hand,
#                               what boots with a variable in the environment block
#
# A folder without volumes, and every single file, has one volume "root" mounted at / with
# /boot/grub/grub.cfg, kernels /boot/k1 to k9, initrds /boot/i1 to i9 and an empty grubenv.

oracle=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD:-build}
# shellcheck disable=SC2034 # the programs use it
cache=${CACHE:-$build/cache}/oracle
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# --- the words of case.sh

volume() {
    local name=$1 setting
    shift
    volumes+=("$name")
    uuid[$name]=$(printf '0a1b2c3d-0000-4000-8000-%012d' "${#volumes[@]}")
    label[$name]='' mount[$name]='' prefix[$name]='' fs[$name]=ext4 disk[$name]=0
    for setting; do
        case $setting in
        UUID=*) uuid[$name]=${setting#*=} ;;
        LABEL=*) label[$name]=${setting#*=} ;;
        mount=*) mount[$name]=${setting#*=} ;;
        prefix=*) prefix[$name]=${setting#*=} ;;
        fs=*) fs[$name]=${setting#*=} ;;
        disk=*) disk[$name]=${setting#*=} ;;
        *) die "volume $name: unknown setting $setting" ;;
        esac
    done
    parts[${disk[$name]}]=$((${parts[${disk[$name]}]:-0} + 1))
    part[$name]=${parts[${disk[$name]}]}
    device[$name]="hd${disk[$name]},gpt${part[$name]}"
}
config() {
    config_volume=$1 config_path=$2
}
kernel() {
    local v=$1
    shift
    kernels+=("${@/#/$v:}")
}
initrd() {
    local v=$1
    shift
    initrds+=("${@/#/$v:}")
}
# Without a path: of the machine that every single file has.
grubenv() {
    case ${2:-} in
    /*) ;;
    *) set -- root /boot/grub/grubenv "$@" ;;
    esac
    environments+=("$1:$2")
    local v=$1 path=$2 setting
    shift 2
    for setting; do
        environment_settings+=("$v:$path:$setting")
    done
}
platform() {
    platform=$1
}
version() {
    version=$1
}
cmdline() {
    cmdline=$1
}
ids() {
    ids=$1
}
ask() {
    questions+=("$1")
}

# --- reading a case

# Where a case is: a path, or a name below grub/ or grub/scripts/.
find_case() { # NAME
    local try
    for try in "$1" "$oracle/grub/$1" "$oracle/grub/scripts/$1.cfg"; do
        if [ -f "$try" ] || [ -f "$try/case.sh" ]; then
            echo "$try"
            return
        fi
    done
    die "no such case: $1"
}

plain_machine() {
    plain=yes
    volume root mount=/ LABEL=rootfs
    config root /boot/grub/grub.cfg
    kernel root /boot/k{1..9}
    initrd root /boot/i{1..9}
}

# shellcheck disable=SC2034 # the programs use them
load_case() { # PATH
    case_path=$1
    plain=
    volumes=() kernels=() initrds=() environments=() environment_settings=() questions=() parts=()
    declare -gA uuid=() label=() mount=() prefix=() fs=() disk=() part=() device=()
    config_volume='' config_path='' platform=pc version=2.06 ids=yes
    cmdline='BOOT_IMAGE=/boot/k1 root=/dev/vda1 ro'
    if [ -d "$case_path" ]; then
        # shellcheck disable=SC1091 # the case's own
        . "$case_path/case.sh"
    else
        # shellcheck disable=SC1090
        . <(sed -n 's/^#: //p' "$case_path")
    fi
    if [ "${#volumes[@]}" -eq 0 ]; then
        plain_machine
    fi
    if [ "${#environments[@]}" -eq 0 ] && [ "${plain:-}" = yes ]; then
        grubenv
    fi
    if [ "${#questions[@]}" -eq 0 ]; then
        questions=(default)
    fi
}

# "with NAME=VALUE" puts a variable into the first environment block.
apply_question() { # QUESTION
    local setting name other kept=()
    case $1 in
    default | entry=*) ;;
    "with "*=*)
        setting=${environments[0]}:${1#with }
        name=${setting%%=*}
        for other in "${environment_settings[@]}"; do
            [ "${other%%=*}" = "$name" ] || kept+=("$other")
        done
        environment_settings=("${kept[@]}" "$setting")
        ;;
    *) die "unknown question: $1" ;;
    esac
}

# Debian's release that has a version of GRUB.
release_of() { # VERSION
    case $1 in
    2.06) echo bookworm ;;
    2.12) echo trixie ;;
    2.14) echo forky ;;
    *) die "unknown version: $1" ;;
    esac
}

# What the answer of a case depends on.
case_hash() { # RELEASE
    {
        if [ -d "$case_path" ]; then
            (cd "$case_path" && find . -type f -print0 | sort -z | xargs -0 sha256sum &&
                find . -type l -printf '%p %l\n' | sort)
        else
            cat "$case_path"
        fi
        echo "$1"
        cat "$oracle/lib.sh" "$oracle/ask-grub" "$oracle/emu-preload.c"
    } | sha256sum | cut -c 1-40
}

# --- files

# An environment block as grub-editenv writes it.
write_grubenv() { # FILE [NAME=VALUE...]
    local file=$1 setting text=$'# GRUB Environment Block\n' room=1024
    shift
    for setting; do
        setting=${setting//\\/\\\\}
        text+=${setting//$'\n'/$'\\\n'}$'\n'
    done
    [ "${#text}" -le 1024 ] || room=8192
    printf '%s%*s' "$text" $((room - ${#text})) '' | tr '\0' ' ' |
        awk -v keep="${#text}" 'BEGIN { RS = "\001"; ORS = "" }
            { rest = substr($0, keep + 1); gsub(/ /, "#", rest); print substr($0, 1, keep) rest }' \
            >"$file"
}

kernel_stub() {
    if [ -z "${stub:-}" ]; then
        # shellcheck disable=SC2154 # a folder of the program
        stub=$work/kernel-stub
        if [ -x "$build/tests/mkbzimage" ]; then
            "$build/tests/mkbzimage" '6.1.0-56-amd64 (oracle) #1 SMP Debian 6.1.176-1' >"$stub"
        else
            echo kernel >"$stub"
        fi
    fi
}

# The whole of a volume below DIR, as GRUB sees it.
stage_volume() { # VOLUME DIR
    local v=$1 dir=$2 item path setting
    local -a settings
    mkdir -p "$dir"
    if [ -d "$case_path/tree/$v" ]; then
        cp -a "$case_path/tree/$v/." "$dir/"
    elif [ -f "$case_path" ] && [ "$v" = "${config_volume}" ]; then
        stage_script "$dir"
    fi
    kernel_stub
    : >"$work/list"
    for item in "${kernels[@]}" "${initrds[@]}"; do
        [ "${item%%:*}" = "$v" ] || continue
        path=$dir${item#*:}
        [ -d "${path%/*}" ] || mkdir -p "${path%/*}"
    done
    for item in "${kernels[@]}"; do
        [ "${item%%:*}" != "$v" ] || printf '%s\0' "$dir${item#*:}" >>"$work/list"
    done
    # One process for all of them.
    if [ -s "$work/list" ]; then
        xargs -0 -a "$work/list" tee <"$stub" >/dev/null
    fi
    for item in "${initrds[@]}"; do
        [ "${item%%:*}" != "$v" ] || printf '070701%088d0000000B00000000TRAILER!!!\0\0\0\0' 0 >"$dir${item#*:}"
    done
    for item in "${environments[@]}"; do
        [ "${item%%:*}" = "$v" ] || continue
        path=${item#*:}
        settings=()
        for setting in "${environment_settings[@]}"; do
            [[ $setting != "$v:$path:"* ]] || settings+=("${setting#"$v:$path:"}")
        done
        # A broken one of the case stays as it is.
        [ "${#settings[@]}" -gt 0 ] || [ ! -e "$dir$path" ] || continue
        mkdir -p "$dir${path%/*}"
        write_grubenv "$dir$path" "${settings[@]}"
    done
}

# A single file: itself, what its "#= PATH" lines begin, and some things to look for.
stage_script() { # DIR
    local dir=$1 path
    mkdir -p "$dir/boot/dir" "$dir${config_path%/*}"
    : >"$dir/boot/empty"
    echo text >"$dir/boot/text"
    echo text >"$dir/boot/dir/text"
    while read -r path; do
        mkdir -p "$dir${path%/*}"
    done < <(sed -n 's/^#= //p' "$case_path")
    awk -v dir="$dir" -v out="$dir$config_path" \
        '/^#= / { out = dir substr($0, 4); next } { print >out }' "$case_path"
    [ -e "$dir$config_path" ] || : >"$dir$config_path"
}
