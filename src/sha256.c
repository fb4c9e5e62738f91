// SPDX-License-Identifier: GPL-2.0-or-later
/* SHA-256 by OpenSSL's libcrypto, which few runs need and which costs much to load. */

#include "sha256.h"

#include "library.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

#define BLOCK 65536

static struct {
	__typeof__(&EVP_MD_CTX_new) new;
	__typeof__(&EVP_MD_CTX_free) free;
	__typeof__(&EVP_sha256) sha256;
	__typeof__(&EVP_DigestInit_ex) init;
	__typeof__(&EVP_DigestUpdate) update;
	__typeof__(&EVP_DigestFinal_ex) final;
} crypto;

static int load(struct ka_error *err)
{
	const struct ka_symbol symbols[] = {
		{ &crypto.new, "EVP_MD_CTX_new" },	{ &crypto.free, "EVP_MD_CTX_free" },
		{ &crypto.sha256, "EVP_sha256" },	{ &crypto.init, "EVP_DigestInit_ex" },
		{ &crypto.update, "EVP_DigestUpdate" }, { &crypto.final, "EVP_DigestFinal_ex" },
	};
	int r;

	if (crypto.final)
		return 0;
	r = ka_library_load("libcrypto.so.3", symbols, ARRAY_SIZE(symbols), err);
	return r < 0 ? ka_fail_in(err, r, "hashes cannot be checked") : 0;
}

static int feed(EVP_MD_CTX *context, int fd, uint64_t offset, uint64_t size)
{
	uint8_t block[BLOCK];

	while (size > 0) {
		size_t want = size < BLOCK ? (size_t)size : BLOCK;
		ssize_t n = pread(fd, block, want, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? ka_errno() : -EIO;
		if (!crypto.update(context, block, (size_t)n))
			return -ENOMEM;
		offset += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

int ka_sha256(int fd, uint64_t offset, uint64_t size, char ret[65], struct ka_error *err)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context;
	int r = load(err);

	if (r < 0)
		return r;
	context = crypto.new();
	if (!context || !crypto.init(context, crypto.sha256(), NULL))
		r = -ENOMEM;
	if (r == 0)
		r = feed(context, fd, offset, size);
	if (r == 0 && !crypto.final(context, digest, NULL))
		r = -ENOMEM;
	crypto.free(context);
	for (size_t i = 0; r == 0 && i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return r;
}
