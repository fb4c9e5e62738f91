# SPDX-License-Identifier: GPL-2.0-or-later
# Signed kernels: made by sbsign(1), and sbverify(1) says which are good.
load common

kernel=boot/vmlinuz-6.1.0-56-amd64

setup_file() {
    cp tests/keys/stranger.pem "$BATS_FILE_TMPDIR/key"
    openssl req -x509 -key "$BATS_FILE_TMPDIR/key" -set_serial 1 -days 30 -subj '/O=Nobody/CN=A stranger' \
        -out "$BATS_FILE_TMPDIR/cert" 2>/dev/null
}

setup() {
    copy_fixture debian-12
    sbsign --key "$BATS_FILE_TMPDIR/key" --cert "$BATS_FILE_TMPDIR/cert" \
        --output "$root/signed" "$root/$kernel" 2>/dev/null
    mv "$root/signed" "$root/$kernel"
}

findings() {
    check --root "$root" "$@" || return
    jq -r '.findings[] | select(.id | test("signed|signature|lockdown|untrusted|revoked")) | "\(.severity) \(.id)"' \
        "$BATS_TEST_TMPDIR/found"
}

says() { # TEXT in the last result
    jq -e --arg text "$1" '[.findings[].text | contains($text)] | any' "$BATS_TEST_TMPDIR/found" >/dev/null
}

lock_down() {
    mkdir -p "$root/sys/kernel/security"
    echo 'none [integrity] confidentiality' >"$root/sys/kernel/security/lockdown"
}

secure_boot() {
    mkdir -p "$root/sys/firmware/efi/efivars"
    printf '\6\0\0\0\1' >"$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
}

keys() { # ID: of a key that is there
    mkdir -p "$root/proc"
    cat >"$root/proc/keys" <<KEYS
037f2c3d I--Q---     2 perm 1f3f0000     0 65534 keyring   _uid_ses.0: 1
0d6b6c2a I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: 2
21bb3b5c I------     1 perm 1f030000     0     0 asymmetri Somebody: else: 00112233: X509.rsa 00112233 []
22c1d9a0 I------     1 perm 1f030000     0     0 asymmetri Nobody: A stranger: $1: X509.rsa ${1: -8} []
KEYS
}

key_id() {
    openssl x509 -in "$BATS_FILE_TMPDIR/cert" -noout -ext subjectKeyIdentifier |
        sed -n 's/[ :]//g; $p' | tr A-F a-f
}

@test "a signed kernel: by whom" {
    sbverify --cert "$BATS_FILE_TMPDIR/cert" "$root/$kernel"
    [ "$(findings)" = 'info kernel-signed' ]
    says "signed by 'A stranger', issued by 'A stranger'"
}

@test "every byte is signed but the checksum and where the signature is" {
    local at size
    size=$(stat -c %s "$root/$kernel")
    cp "$root/$kernel" "$BATS_TEST_TMPDIR/good"
    for at in 1000 1500 1780 2030 2800 3900 $((0x40 + 24 + 44)); do
        cp "$BATS_TEST_TMPDIR/good" "$root/$kernel"
        printf '\252' | dd of="$root/$kernel" bs=1 seek="$at" conv=notrunc status=none
        run ! sbverify --cert "$BATS_FILE_TMPDIR/cert" "$root/$kernel"
        run -4 ka --root "$root" --check
        # In front of it or in the kernel inside, its own checks may be the ones that say so.
        [[ $output =~ kernel-signature|kernel-payload|kernel-pe ]]
    done
    cp "$BATS_TEST_TMPDIR/good" "$root/$kernel"
    printf '\252' | dd of="$root/$kernel" bs=1 seek=$((0x40 + 24 + 64)) conv=notrunc status=none
    sbverify --cert "$BATS_FILE_TMPDIR/cert" "$root/$kernel"
    [ "$(findings)" = 'info kernel-signed' ]
    # In the signature itself.
    cp "$BATS_TEST_TMPDIR/good" "$root/$kernel"
    printf '\252' | dd of="$root/$kernel" bs=1 seek=$((size - 40)) conv=notrunc status=none
    run ! sbverify --cert "$BATS_FILE_TMPDIR/cert" "$root/$kernel"
    findings | grep -x 'error kernel-signature'
}

@test "cut off: said once, with the numbers" {
    local size ids
    size=$(stat -c %s "$root/$kernel")
    truncate -s $((size - 8)) "$root/$kernel"
    findings | grep -x 'error kernel-signature' && false
    ids=$(jq -r '[.findings[] | select(.id | startswith("kernel")) | .id] | join(" ")' "$BATS_TEST_TMPDIR/found")
    [ "$ids" = kernel-truncated ]
    says "the signature end at byte $size, and the file has $((size - 8)) (8 are missing)"
    truncate -s 3000 "$root/$kernel"
    findings || true
    ids=$(jq -r '[.findings[] | select(.id | startswith("kernel")) | .id] | join(" ")' "$BATS_TEST_TMPDIR/found")
    [ "$ids" = kernel-truncated ]
}

@test "a wrapper that the kernel does not know" {
    printf '\1' | dd of="$root/$kernel" bs=1 seek=$((4096 + 6)) conv=notrunc status=none
    findings | grep -x 'error kernel-signature'
    says 'revision 0x0200 and type 0x0001'
    [ "$(ka --root "$root" --check --json=short --ignore=kernel-signature | jq -r .verdict)" = warnings ]
}

@test "--fast leaves out the digest, not the signer" {
    printf x | dd of="$root/$kernel" bs=1 seek=1500 conv=notrunc status=none
    findings | grep -x 'error kernel-signature'
    [ "$(findings --fast)" = 'info kernel-signed' ]
}

@test "a certificate without key identifiers is known by its serial number, as the kernel writes it" {
    openssl req -x509 -key "$BATS_FILE_TMPDIR/key" -days 30 -subj '/CN=A stranger' -set_serial 0x8899aabbccddeeff \
        -addext subjectKeyIdentifier=none -addext authorityKeyIdentifier=none -out "$BATS_TEST_TMPDIR/cert" 2>/dev/null
    sbattach --remove "$root/$kernel" 2>/dev/null
    sbsign --key "$BATS_FILE_TMPDIR/key" --cert "$BATS_TEST_TMPDIR/cert" --output "$root/$kernel" \
        "$root/$kernel" 2>/dev/null
    lock_down
    keys 008899aabbccddeeff
    [ "$(findings)" = 'info kernel-signed' ]
    keys 8899aabbccddeeff
    findings | grep -x 'error kernel-untrusted'
}

@test "locked down: no signature" {
    sbattach --remove "$root/$kernel" 2>/dev/null
    [ -z "$(findings)" ]
    lock_down
    [ "$(findings)" = 'error lockdown' ]
    says 'locked down, and the image carries no signature'
    secure_boot
    [ "$(findings)" = 'error lockdown' ]
    says 'locked down (Secure Boot), and the image carries no signature'
    rm "$root/sys/kernel/security/lockdown"
    [ "$(findings)" = 'warning lockdown' ]
    says 'whether the running kernel is locked down cannot be seen'
    # Not locked down for good.
    echo capability,landlock >"$root/sys/kernel/security/lsm"
    [ -z "$(findings)" ]
}

@test "locked down: trusted, a stranger's, not to be told" {
    lock_down
    [ "$(findings)" = 'info kernel-signed
warning kernel-untrusted' ]
    keys "$(key_id)"
    [ "$(findings)" = 'info kernel-signed' ]
    keys 0011
    [ "$(findings)" = 'info kernel-signed
error kernel-untrusted' ]
    says "whose key is in none of its keyrings"
    # What a person who is not root may see has no keyring of the kernel's.
    keys "$(key_id)"
    sed -i /builtin/d "$root/proc/keys"
    [ "$(findings)" = 'info kernel-signed
warning kernel-untrusted' ]
}

# What an issuer signed of a certificate, as OpenSSL's own tools cut it out.
tbs_digest() { # CERTIFICATE DIGEST
    openssl x509 -in "$1" -outform DER -out "$BATS_TEST_TMPDIR/der"
    openssl asn1parse -inform DER -in "$BATS_TEST_TMPDIR/der" -strparse 4 -noout -out "$BATS_TEST_TMPDIR/tbs"
    openssl dgst "-$2" -r "$BATS_TEST_TMPDIR/tbs" | cut -d ' ' -f 1
}

@test "locked down: a certificate revoked by its digest" {
    lock_down
    keys "$(key_id)"
    line='2ba05ba0 I------     1 perm 1f030000     0     0 blacklist'
    # Of a file, of another certificate, and by an algorithm that is not the signature's.
    echo "$line bin:$(tbs_digest "$BATS_FILE_TMPDIR/cert" sha256)" >>"$root/proc/keys"
    echo "$line tbs:$(printf x | sha256sum | cut -d ' ' -f 1)" >>"$root/proc/keys"
    echo "$line tbs:$(tbs_digest "$BATS_FILE_TMPDIR/cert" sha512)" >>"$root/proc/keys"
    [ "$(findings)" = 'info kernel-signed' ]
    echo "$line tbs:$(tbs_digest "$BATS_FILE_TMPDIR/cert" sha256)" >>"$root/proc/keys"
    findings | grep -x 'error kernel-revoked'
    says "the key or certificate of 'A stranger' (issued by 'A stranger'), which signed the image"
}

@test "locked down: of the certificates in a signature only the signer's and its issuers' count" {
    local ca="$BATS_TEST_TMPDIR/ca" leaf="$BATS_TEST_TMPDIR/leaf" revoked
    openssl req -x509 -key tests/keys/authority.pem -set_serial 2 -days 30 -subj '/CN=An authority' -out "$ca"
    openssl req -x509 -key tests/keys/leaf.pem -set_serial 3 -days 30 -subj '/CN=A leaf' -CA "$ca" \
        -CAkey tests/keys/authority.pem -addext basicConstraints=critical,CA:FALSE -out "$leaf"
    sbattach --remove "$root/$kernel" 2>/dev/null
    cat "$ca" "$BATS_FILE_TMPDIR/cert" >"$BATS_TEST_TMPDIR/more"
    sbsign --key tests/keys/leaf.pem --cert "$leaf" --addcert "$BATS_TEST_TMPDIR/more" --output "$root/$kernel" \
        "$root/$kernel" 2>/dev/null
    lock_down
    revoked='2ba05ba0 I------     1 perm 1f030000     0     0 blacklist tbs:'
    # The authority's key is trusted, and so is what it issued.
    keys "$(openssl x509 -in "$ca" -noout -ext subjectKeyIdentifier | sed -n 's/[ :]//g; $p' | tr A-F a-f)"
    [ "$(findings)" = 'info kernel-signed' ]
    says "signed by 'A leaf', issued by 'An authority'"
    echo "$revoked$(tbs_digest "$BATS_FILE_TMPDIR/cert" sha256)" >>"$root/proc/keys"
    [ "$(findings)" = 'info kernel-signed' ]
    echo "$revoked$(tbs_digest "$ca" sha256)" >>"$root/proc/keys"
    findings | grep -x 'error kernel-revoked'
    # The stranger's key makes none of it good.
    keys "$(key_id)"
    findings | grep -x 'error kernel-untrusted'
}

@test "signatures that the running kernel was built to demand" {
    mkdir -p "$root/proc/sys/kernel"
    echo 6.1.0-99 >"$root/proc/sys/kernel/osrelease"
    keys 0011
    [ "$(findings)" = 'info kernel-signed' ]
    printf 'CONFIG_KEXEC_SIG=y\nCONFIG_KEXEC_SIG_FORCE=y\n' >"$root/boot/config-6.1.0-99"
    findings | grep -x 'error kernel-untrusted'
    says CONFIG_KEXEC_SIG_FORCE
    # Which concerns the file call alone.
    sbattach --remove "$root/$kernel" 2>/dev/null
    findings | grep -x 'error lockdown'
    printf '# CONFIG_KEXEC_FILE is not set\nCONFIG_KEXEC_CORE=y\nCONFIG_KEXEC_SIG_FORCE=y\n' >"$root/boot/config-6.1.0-99"
    [ -z "$(findings)" ]
    sbsign --key "$BATS_FILE_TMPDIR/key" --cert "$BATS_FILE_TMPDIR/cert" --output "$root/$kernel" \
        "$root/$kernel" 2>/dev/null
    printf 'CONFIG_KEXEC_SIG=y\n# CONFIG_KEXEC_SIG_FORCE=y is not set\n' | gzip >"$root/proc/config.gz"
    [ "$(findings)" = 'info kernel-signed' ]
    printf 'CONFIG_KEXEC_SIG_FORCE=y\n' | gzip >"$root/proc/config.gz"
    findings | grep -x 'error kernel-untrusted'
}

@test "without OpenSSL's libcrypto nothing is verified, and that is reported" {
    : >"$BATS_TEST_TMPDIR/libcrypto.so.3"
    WRAP="env LD_LIBRARY_PATH=$BATS_TEST_TMPDIR $WRAP"
    [ "$(findings)" = 'warning signature-unchecked' ]
    says libcrypto.so.3
}
