/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/error.h>

#include "base/reader.h"

/* Digests, by OpenSSL's libcrypto, which is opened when it is first needed. */

struct ka_range {
	uint64_t offset, size; /* bytes */
};

#define KA_DIGEST_MAX 64

/*
 * The digest of n ranges of a file, one after the other. name: as OpenSSL knows it, "SHA256".
 * -EOPNOTSUPP: the library, or that digest, is not here; -ENODATA: a range leaves the file.
 */
int ka_digest(const char *name, const struct ka_reader *reader, const struct ka_range *ranges,
	      size_t n, uint8_t ret[KA_DIGEST_MAX], size_t *ret_size, struct ka_error *err)
	_must_check_;

/* The same of n bytes in memory. */
int ka_digest_bytes(const char *name, const void *data, size_t n, uint8_t ret[KA_DIGEST_MAX],
		    size_t *ret_size, struct ka_error *err) _must_check_;
