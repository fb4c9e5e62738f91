/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/base.h>

/* What the tokens of a LUKS2 header (its JSON texts, cryptsetup-token(8)) say of unlocking. */
struct ka_tokens {
	bool unlocks_alone; /* one of them does, without a person, after a kexec too */
	bool has_device;    /* one needs a person (FIDO2, PKCS #11, the TPM with a PIN) */
	uint32_t stale;	    /* PCRs of the others that a kexec leaves stale */
};

/* Add one. What is damaged or not known is passed over. */
void ka_tokens_add(struct ka_tokens *tokens, const char *json);
