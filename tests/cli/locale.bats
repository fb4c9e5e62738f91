# SPDX-License-Identifier: GPL-2.0-or-later
# The caller's locale decides nothing. In Turkish, I and i are two letters; in German, 0.5 is "0,5". The
# locales are made here, from their sources (Debian's package "locales", glibc's own elsewhere).
load common

setup_file() {
    export LOCPATH=$BATS_FILE_TMPDIR
    localedef -i tr_TR -f UTF-8 "$LOCPATH/tr_TR.UTF-8"
    localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.UTF-8"
    export LC_ALL=tr_TR.UTF-8
}

setup() {
    [ "$(LC_ALL=de_DE.UTF-8 locale decimal_point)" = , ]
    [ "$(locale charmap)" = UTF-8 ]
}

# In both locales, and in none, the same.
everywhere() { # ARGUMENTS...
    local expected locale
    expected=$(LC_ALL=C ka --root "$root" "$@" 2>/dev/null) || true
    for locale in tr_TR.UTF-8 de_DE.UTF-8; do
        diff <(echo "$expected") <(LC_ALL=$locale ka --root "$root" "$@" 2>/dev/null)
    done
}

@test "an initrd that the kernel can unpack" {
    copy_fixture debian-12
    printf 'CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n' >"$root/boot/config-6.1.0-56-amd64"
    check --root "$root"
    [ "$(jq '[.findings[] | select(.id == "initrd-compression")] | length' "$BATS_TEST_TMPDIR/found")" = 0 ]
    everywhere --check --json
}

@test "fractions have a point" {
    copy_fixture debian-12
    LC_ALL=de_DE.UTF-8 check --root "$root"
    jq -r '.findings[] | select(.id == "jump-estimate") | .text' "$BATS_TEST_TMPDIR/found" >"$BATS_TEST_TMPDIR/text"
    grep -E 'about [0-9]+\.[0-9] s' "$BATS_TEST_TMPDIR/text"
    run ! grep -E '[0-9],[0-9]' "$BATS_TEST_TMPDIR/text"
}

@test "systemd-boot's names have no case" {
    copy_fixture bls-sd-boot
    esp=$root/boot/efi
    rm -f "$root"/sys/firmware/efi/efivars/LoaderEntry*
    mv "$esp/loader/entries/7d3f0a3c5b1e4c6f9a2d8e7b60514233-6.12.48+deb13-amd64.conf" "$esp/loader/entries/INSTALL.conf"
    echo 'default install.conf' >"$esp/loader/loader.conf"
    [ "$(ka --root "$root" --list --json 2>/dev/null | jq -r .default)" = INSTALL ] || {
        ka --root "$root" --list
        return 1
    }
    everywhere --list --json
}

@test "a unified kernel image whose name is in capitals" {
    copy_fixture bls-sd-boot
    esp=$root/boot/efi
    mkdir -p "$esp/EFI/Linux"
    cp tests/fuzz/corpus/uki/plain "$esp/EFI/Linux/XLINUX.EFI"
    ka --root "$root" --list --json | jq -e '.entries[] | select(.source.path | endswith("/XLINUX.EFI"))'
    everywhere --list --json
}

@test "an entry is found without its case" {
    copy_fixture debian-12
    ka --root "$root" --show --entry='DEBIAN GNU/LINUX 12 (BOOKWORM) (6.1.0-56-AMD64)'
    everywhere --show --entry=6.1.0-56-AMD64
}
