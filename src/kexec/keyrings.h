/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* The keys by which the running kernel verifies the next one. */

enum ka_key_trust {
	KA_KEY_UNKNOWN, /* the keyrings cannot be looked at */
	KA_KEY_ABSENT,
	KA_KEY_TRUSTED,
	KA_KEY_REVOKED, /* in .blacklist, which wins */
};

/*
 * Does a keyring that counts hold a key with one of these ids (hexadecimal, NULL-terminated), or is one of
 * the revocations (as in struct ka_signature) on the kernel's list? Those keyrings are
 * .builtin_trusted_keys, .secondary_trusted_keys, .machine and .platform. On a captured machine only the
 * list of all keys is there, and each of them counts.
 */
enum ka_key_trust ka_keyrings_find(struct ka_host *host, char *const *ids, char *const *revocations)
	_must_check_;
