// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/digest.h"

#include "base/library.h"

#include <kexec-any/memory.h>

#include <openssl/evp.h>

#define BLOCK 65536

static struct {
	__typeof__(&EVP_Digest) whole;
	__typeof__(&EVP_MD_CTX_new) new;
	__typeof__(&EVP_MD_CTX_free) free;
	__typeof__(&EVP_get_digestbyname) by_name;
	__typeof__(&EVP_DigestInit_ex) init;
	__typeof__(&EVP_DigestUpdate) update;
	__typeof__(&EVP_DigestFinal_ex) final;
} crypto;

static int load(struct ka_error *err)
{
	const struct ka_symbol symbols[] = {
		{ &crypto.whole, "EVP_Digest" },
		{ &crypto.new, "EVP_MD_CTX_new" },
		{ &crypto.free, "EVP_MD_CTX_free" },
		{ &crypto.by_name, "EVP_get_digestbyname" },
		{ &crypto.init, "EVP_DigestInit_ex" },
		{ &crypto.update, "EVP_DigestUpdate" },
		{ &crypto.final, "EVP_DigestFinal_ex" },
	};

	return crypto.final ? 0
			    : ka_library_load(KA_LIBRARY_CRYPTO, symbols, ARRAY_SIZE(symbols), err);
}

/* The library, and the digest by its name. */
static int prepare(const char *name, const EVP_MD **ret, struct ka_error *err)
{
	int r = load(err);

	if (r < 0)
		return r;
	*ret = crypto.by_name(name);
	return *ret ? 0 : ka_fail(err, -EOPNOTSUPP, "the digest %s is not known to OpenSSL", name);
}

/* Old ones have a name, and no code behind it. */
static int fail_uncomputed(struct ka_error *err, const char *name)
{
	return ka_fail(err, -EOPNOTSUPP, "OpenSSL does not compute the digest %s", name);
}

static int feed(EVP_MD_CTX *context, const struct ka_reader *reader, const struct ka_range *range)
{
	uint64_t offset = range->offset, left = range->size;
	uint8_t block[BLOCK];

	while (left > 0) {
		size_t n = left < BLOCK ? (size_t)left : BLOCK;
		int r = ka_read_at(reader, offset, block, n);

		if (r < 0)
			return r;
		if (!crypto.update(context, block, n))
			return -EOPNOTSUPP;
		offset += n;
		left -= n;
	}
	return 0;
}

int ka_digest(const char *name, const struct ka_reader *reader, const struct ka_range *ranges,
	      size_t n, uint8_t ret[KA_DIGEST_MAX], size_t *ret_size, struct ka_error *err)
{
	EVP_MD_CTX *context;
	const EVP_MD *md;
	unsigned int size = 0;
	int r = prepare(name, &md, err);

	if (r < 0)
		return r;
	context = crypto.new();
	if (!context)
		ka_out_of_memory();
	if (!crypto.init(context, md, NULL))
		r = -EOPNOTSUPP;
	for (size_t i = 0; i < n && r == 0; i++)
		r = feed(context, reader, &ranges[i]);
	if (r == 0 && !crypto.final(context, ret, &size))
		r = -EOPNOTSUPP;
	crypto.free(context);
	if (r == -EOPNOTSUPP)
		return fail_uncomputed(err, name);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot read the bytes to hash");
	*ret_size = size;
	return 0;
}

int ka_digest_bytes(const char *name, const void *data, size_t n, uint8_t ret[KA_DIGEST_MAX],
		    size_t *ret_size, struct ka_error *err)
{
	unsigned int size = 0;
	const EVP_MD *md;
	int r = prepare(name, &md, err);

	if (r < 0)
		return r;
	if (!crypto.whole(data, n, ret, &size, md, NULL))
		return fail_uncomputed(err, name);
	*ret_size = size;
	return 0;
}
