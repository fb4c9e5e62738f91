# SPDX-License-Identifier: GPL-2.0-or-later
# A root on an encrypted volume. The headers are cryptsetup's own; tokens have the form that
# systemd-cryptenroll(1) and clevis-luks-bind(1) write.
load common

setup_file() {
    truncate -s 20M "$BATS_FILE_TMPDIR/luks"
    printf pass | cryptsetup luksFormat -q --type luks2 --uuid 6b612d6c-756b-7300-0000-000000000001 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
        "$BATS_FILE_TMPDIR/luks" -
}

# The root is dm-1, a logical volume on dm-0, which is the encrypted vda2.
setup() {
    copy_fixture debian-12
    block=$root/sys/class/block
    mkdir -p "$root"/{dev/mapper,etc,proc/self} "$block"/dm-{0,1}/{dm,slaves}
    rm -f "$root/dev/vda2"
    cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
    ln -s ../dm-1 "$root/dev/mapper/vg-root"
    touch "$root/dev/dm-1"
    echo CRYPT-LUKS2-6b612d6775657374-vda2_crypt >"$block/dm-0/dm/uuid"
    echo vda2_crypt >"$block/dm-0/dm/name"
    echo LVM-abc >"$block/dm-1/dm/uuid"
    touch "$block/dm-0/slaves/vda2" "$block/dm-1/slaves/dm-0"
    echo '25 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw' >"$root/proc/self/mountinfo"
}

token() { # JSON
    printf '%s' "$1" | cryptsetup token import --json-file - "$root/dev/vda2"
}

# What clevis keeps in the header of its JWE.
clevis() { # SETTINGS
    printf '{"alg":"dir","clevis":%s,"enc":"A256GCM"}' "$1" | base64 -w 0 | tr '+/' '-_' | tr -d =
}

jwe() { # SETTINGS
    printf '{"type":"clevis","keyslots":["0"],"jwe":{"ciphertext":"","encrypted_key":"","iv":"","protected":"%s","tag":""}}' \
        "$(clevis "$1")"
}

# As systemd-cryptenroll writes it; systemd's own plugin for cryptsetup, where it is, wants all of it.
systemd_tpm2() { # PCRS [MORE]
    printf '{"type":"systemd-tpm2","keyslots":["0"],"tpm2-blob":"YmxvYg==","tpm2-pcrs":[%s],%s' "$1" \
        '"tpm2-pcr-bank":"sha256","tpm2-primary-alg":"ecc",'
    printf '"tpm2-policy-hash":"%064d","tpm2-pin":false%s}' 0 "${2:-}"
}

findings() {
    check --root "$root" "$@" || return
    jq -r '.findings[] | select(.id | test("unlock")) | "\(.severity) \(.id)"' "$BATS_TEST_TMPDIR/found"
}

says() { # TEXT in the last result
    jq -e --arg text "$1" '[.findings[].text | contains($text)] | any' "$BATS_TEST_TMPDIR/found" >/dev/null
}

@test "a passphrase alone: somebody has to type it" {
    [ "$(findings)" = 'warning unlock-by-hand' ]
    says "encrypted volume 'vda2_crypt', which a passphrase unlocks"
    # Through the network it can be typed from afar.
    [ -z "$(findings --append=ip=dhcp)" ]
    echo 'vda2_crypt UUID=x /key luks' >"$root/etc/crypttab"
    [ -z "$(findings)" ]
    echo 'vda2_crypt UUID=x none luks,keyscript=/bin/true' >"$root/etc/crypttab"
    [ -z "$(findings)" ]
    echo 'vda2_crypt UUID=x none luks' >"$root/etc/crypttab"
    [ "$(findings)" = 'warning unlock-by-hand' ]
}

@test "crypttab and the header say the same: it is told once" {
    token "$(systemd_tpm2 4)"
    echo 'vda2_crypt UUID=x none tpm2-device=auto,tpm2-pcrs=4' >"$root/etc/crypttab"
    [ "$(findings)" = 'warning tpm-unlock' ]
}

@test "LUKS1 has a passphrase too" {
    echo CRYPT-LUKS1-6b612d6775657374-vda2_crypt >"$root/sys/class/block/dm-0/dm/uuid"
    [ "$(findings)" = 'warning unlock-by-hand' ]
    says "encrypted volume 'vda2_crypt', which a passphrase unlocks"
}

@test "two ways to one encrypted volume: it is told once" {
    mkdir -p "$block/dm-2/slaves"
    touch "$block/dm-1/slaves/dm-2" "$block/dm-2/slaves/dm-0" "$block/dm-2/slaves/dm-1"
    [ "$(findings)" = 'warning unlock-by-hand' ]
}

@test "a shell in the initrd: it can be typed from afar" {
    local tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/usr/sbin"
    install -m 755 /bin/true "$tree/init"
    touch "$tree/usr/sbin/dropbear"
    archive "$tree" >"$root/boot/initrd.img-6.1.0-56-amd64"
    [ -z "$(findings)" ]
    rm "$tree/usr/sbin/dropbear"
    archive "$tree" >"$root/boot/initrd.img-6.1.0-56-amd64"
    [ "$(findings)" = 'warning unlock-by-hand' ]
}

# mkinitcpio's encrypt takes /crypto_keyfile.bin for the volume of cryptdevice=, NixOS's first stage what its
# configuration names, systemd-cryptsetup(8) the file of the volume's name.
@test "a key in the initrd counts where the volume is opened by its name" {
    local tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree"
    install -m 755 /bin/true "$tree/init"
    with() { # FILE ARGUMENTS...: what is found with this file in the initrd
        rm -rf "$tree/etc" "$tree"/*.bin
        mkdir -p "$tree/$(dirname "$1")"
        echo secret >"$tree/$1"
        archive "$tree" >"$root/boot/initrd.img-6.1.0-56-amd64"
        findings "${@:2}"
    }
    [ "$(with crypto_keyfile.bin)" = 'warning unlock-by-hand' ]
    [ -z "$(with crypto_keyfile.bin --append=cryptdevice=UUID=x:vda2_crypt)" ]
    [ -z "$(with crypto_keyfile.bin --append=cryptdevice=UUID=x:vda2_crypt:allow-discards)" ]
    [ "$(with crypto_keyfile.bin --append=cryptdevice=UUID=x:vda2)" = 'warning unlock-by-hand' ]
    [ "$(with keyfile.bin --append=cryptdevice=UUID=x:vda2_crypt)" = 'warning unlock-by-hand' ]
    [ -z "$(with keyfile.bin --append=init=/nix/store/a-nixos/init)" ]
    [ -z "$(with crypto_keyfile.bin --append=init=/nix/store/a-nixos/init)" ]
    [ -z "$(with etc/cryptsetup-keys.d/vda2_crypt.key)" ]
    [ "$(with etc/cryptsetup-keys.d/vda2_crypt.txt)" = 'warning unlock-by-hand' ]
    [ "$(with etc/cryptsetup-keys.d/other.key)" = 'warning unlock-by-hand' ]
    [ "$(with etc/cryptsetup-keys.d/other.key --append=init=/nix/store/a-nixos/init)" = 'warning unlock-by-hand' ]
    [ "$(with root/etc/cryptsetup-keys.d/vda2_crypt.key)" = 'warning unlock-by-hand' ]
}

@test "a volume that is no LUKS2, or not there, or no LUKS2 inside" {
    echo CRYPT-PLAIN-x >"$root/sys/class/block/dm-0/dm/uuid"
    [ -z "$(findings)" ]
    echo CRYPT-LUKS2-x >"$root/sys/class/block/dm-0/dm/uuid"
    echo nonsense >"$root/dev/vda2"
    [ -z "$(findings)" ]
    rm "$root/dev/vda2"
    [ -z "$(findings)" ]
}

@test "systemd-cryptenroll: by which PCRs" {
    token "$(systemd_tpm2 7)"
    [ -z "$(findings)" ]
    cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
    token "$(systemd_tpm2 7 ',"tpm2_pubkey_pcrs":[11],"tpm2_pubkey":"a2V5"')"
    [ "$(findings)" = 'warning tpm-unlock' ]
    says 'unlocks by PCR 11 of the TPM'
    # Another that still does is enough.
    token "$(jwe '{"pin":"tang","tang":{"url":"http://tang"}}')"
    [ -z "$(findings)" ]
    cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
    token "$(systemd_tpm2 '' ',"tpm2_pcrlock":true')"
    [ "$(findings)" = 'warning tpm-unlock' ]
    cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
    token '{"type":"systemd-fido2","keyslots":["0"],"fido2-credential":"YQ==","fido2-salt":"YQ==","fido2-rp":"x"}'
    [ "$(findings)" = 'warning unlock-by-hand' ]
    says 'which a security key or a PIN unlocks'
    # The TPM alone is not enough with a PIN.
    cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
    token "$(systemd_tpm2 7 | sed 's/"tpm2-pin":false/"tpm2-pin":true/')"
    [ "$(findings)" = 'warning unlock-by-hand' ]
}

@test "clevis: the TPM, and shares of several" {
    token "$(jwe '{"pin":"tpm2","tpm2":{"hash":"sha256","pcr_bank":"sha256","pcr_ids":"7"}}')"
    [ -z "$(findings)" ]
    cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
    token "$(jwe '{"pin":"tpm2","tpm2":{"hash":"sha256","pcr_bank":"sha256","pcr_ids":"0,4,9"}}')"
    [ "$(findings)" = 'warning tpm-unlock' ]
    says 'unlocks by PCR 4+9 of the TPM'
    local good bad
    good=$(clevis '{"pin":"tang","tang":{"url":"http://tang"}}').k.i.c.t
    bad=$(clevis '{"pin":"tpm2","tpm2":{"pcr_ids":"11"}}').k.i.c.t
    for needed in 1 2; do
        cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
        token "$(jwe '{"pin":"sss","sss":{"t":'$needed',"jwe":["'"$good"'","'"$bad"'"]}}')"
        if [ $needed = 1 ]; then
            [ -z "$(findings)" ]
        else
            [ "$(findings)" = 'warning tpm-unlock' ]
            says 'unlocks by PCR 11 of the TPM'
        fi
    done
}

@test "damaged tokens say nothing" {
    for json in '{"type":"clevis","keyslots":["0"],"jwe":{"protected":"!!!"}}' \
        '{"type":"clevis","keyslots":["0"],"jwe":"x"}' \
        '{"type":"clevis","keyslots":["0"],"jwe":{"protected":"eyJjbGV2aXMiOnsicGluIjoic3NzIn19"}}' \
        '{"type":"systemd-recovery","keyslots":["0"]}'; do
        cp "$BATS_FILE_TMPDIR/luks" "$root/dev/vda2"
        token "$json"
        findings >/dev/null
    done
}

@test "a key in an added initrd opens it" {
    mkdir -p "$BATS_TEST_TMPDIR/tree/etc/cryptsetup-keys.d"
    echo secret >"$BATS_TEST_TMPDIR/tree/etc/cryptsetup-keys.d/vda2_crypt.key"
    archive "$BATS_TEST_TMPDIR/tree" >"$root/boot/key.img"
    [ "$(findings)" = 'warning unlock-by-hand' ]
    [ -z "$(findings --add-initrd=/boot/key.img)" ]
}
