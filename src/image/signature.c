// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Authenticode signature of a kernel: a PKCS #7 message at the end of the file, signing a digest of
 * all of it but the message, where it is, and the PE checksum. What the kernel demands of it is in
 * crypto/asymmetric_keys/verify_pefile.c and pkcs7_trust.c; the cryptography is OpenSSL's.
 */

#include "image/signature.h"

#include "base/digest.h"
#include "base/library.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

/* WIN_CERTIFICATE: length, revision, type. */
#define WRAPPER_SIZE   8
#define REVISION_2_0   0x0200
#define TYPE_PKCS7     2
#define MESSAGE_LIMIT  (1u << 20)
#define CERTS_LIMIT    64
#define INDIRECT_DATA  "1.3.6.1.4.1.311.2.1.4" /* SPC_INDIRECT_DATA_OBJID */
#define OID_TEXT_LIMIT 64

static struct {
	__typeof__(&d2i_PKCS7) read_message;
	__typeof__(&PKCS7_free) free_message;
	__typeof__(&PKCS7_get_signer_info) signer_infos;
	__typeof__(&PKCS7_cert_from_signer_info) signer_cert;
	__typeof__(&PKCS7_dataInit) start_verify;
	__typeof__(&PKCS7_signatureVerify) verify;
	__typeof__(&d2i_X509_SIG) read_digest;
	__typeof__(&X509_SIG_free) free_digest;
	__typeof__(&X509_SIG_get0) digest_parts;
	__typeof__(&ASN1_get_object) asn1_object;
	__typeof__(&OBJ_obj2txt) oid_text;
	__typeof__(&OBJ_obj2nid) oid_nid;
	__typeof__(&OBJ_nid2sn) nid_name;
	__typeof__(&BIO_new_mem_buf) new_bio;
	__typeof__(&BIO_read) read_bio;
	__typeof__(&BIO_free_all) free_bio;
	__typeof__(&OPENSSL_sk_num) stack_size;
	__typeof__(&OPENSSL_sk_value) stack_item;
	__typeof__(&i2d_X509) write_cert;
	__typeof__(&X509_get_signature_nid) cert_signature;
	__typeof__(&OBJ_find_sigid_algs) signature_digest;
	__typeof__(&X509_get0_pubkey) public_key;
	__typeof__(&X509_get_subject_name) subject;
	__typeof__(&X509_get_issuer_name) issuer;
	__typeof__(&X509_get0_subject_key_id) subject_key_id;
	__typeof__(&X509_get0_authority_key_id) authority_key_id;
	__typeof__(&X509_get0_authority_serial) authority_serial;
	__typeof__(&X509_NAME_cmp) compare_names;
	__typeof__(&X509_get0_serialNumber) serial;
	__typeof__(&X509_NAME_get_index_by_NID) name_index;
	__typeof__(&X509_NAME_get_entry) name_entry;
	__typeof__(&X509_NAME_ENTRY_get_data) entry_data;
	__typeof__(&ASN1_STRING_get0_data) string_data;
	__typeof__(&ASN1_STRING_length) string_length;
	__typeof__(&ERR_clear_error) clear_errors;
} ssl;

static int load(struct ka_error *err)
{
	const struct ka_symbol symbols[] = {
		{ &ssl.read_message, "d2i_PKCS7" },
		{ &ssl.free_message, "PKCS7_free" },
		{ &ssl.signer_infos, "PKCS7_get_signer_info" },
		{ &ssl.signer_cert, "PKCS7_cert_from_signer_info" },
		{ &ssl.start_verify, "PKCS7_dataInit" },
		{ &ssl.verify, "PKCS7_signatureVerify" },
		{ &ssl.read_digest, "d2i_X509_SIG" },
		{ &ssl.free_digest, "X509_SIG_free" },
		{ &ssl.digest_parts, "X509_SIG_get0" },
		{ &ssl.asn1_object, "ASN1_get_object" },
		{ &ssl.oid_text, "OBJ_obj2txt" },
		{ &ssl.oid_nid, "OBJ_obj2nid" },
		{ &ssl.nid_name, "OBJ_nid2sn" },
		{ &ssl.new_bio, "BIO_new_mem_buf" },
		{ &ssl.read_bio, "BIO_read" },
		{ &ssl.free_bio, "BIO_free_all" },
		{ &ssl.stack_size, "OPENSSL_sk_num" },
		{ &ssl.stack_item, "OPENSSL_sk_value" },
		{ &ssl.write_cert, "i2d_X509" },
		{ &ssl.cert_signature, "X509_get_signature_nid" },
		{ &ssl.signature_digest, "OBJ_find_sigid_algs" },
		{ &ssl.public_key, "X509_get0_pubkey" },
		{ &ssl.subject, "X509_get_subject_name" },
		{ &ssl.issuer, "X509_get_issuer_name" },
		{ &ssl.subject_key_id, "X509_get0_subject_key_id" },
		{ &ssl.authority_key_id, "X509_get0_authority_key_id" },
		{ &ssl.authority_serial, "X509_get0_authority_serial" },
		{ &ssl.compare_names, "X509_NAME_cmp" },
		{ &ssl.serial, "X509_get0_serialNumber" },
		{ &ssl.name_index, "X509_NAME_get_index_by_NID" },
		{ &ssl.name_entry, "X509_NAME_get_entry" },
		{ &ssl.entry_data, "X509_NAME_ENTRY_get_data" },
		{ &ssl.string_data, "ASN1_STRING_get0_data" },
		{ &ssl.string_length, "ASN1_STRING_length" },
		{ &ssl.clear_errors, "ERR_clear_error" },
	};

	return ssl.clear_errors
		       ? 0
		       : ka_library_load(KA_LIBRARY_CRYPTO, symbols, ARRAY_SIZE(symbols), err);
}

/* --- the message */

/* Take it out of its wrapper. */
static int read_message(const struct ka_reader *reader, const struct ka_pe *pe, PKCS7 **ret,
			struct ka_error *err)
{
	uint8_t wrapper[WRAPPER_SIZE];
	_cleanup_free_ uint8_t *buf = NULL;
	const unsigned char *p;
	uint32_t length;
	int r;

	if (pe->cert_size < WRAPPER_SIZE || pe->cert_size > MESSAGE_LIMIT)
		return ka_fail(err, -EBADMSG,
			       "it has %" PRIu32 " bytes, which is not between 8 and %u",
			       pe->cert_size, MESSAGE_LIMIT);
	r = ka_read_at(reader, pe->cert_offset, wrapper, sizeof(wrapper));
	if (r < 0)
		return r;
	length = ka_le32(wrapper);
	if (length <= WRAPPER_SIZE || length > pe->cert_size)
		return ka_fail(err, -EBADMSG,
			       "its own length is %" PRIu32 ", the PE header gives it %" PRIu32,
			       length, pe->cert_size);
	if (ka_le16(wrapper + 4) != REVISION_2_0 || ka_le16(wrapper + 6) != TYPE_PKCS7)
		return ka_fail(
			err, -EBADMSG,
			"revision 0x%04x and type 0x%04x, the kernel knows 0x%04x and 0x%04x",
			ka_le16(wrapper + 4), ka_le16(wrapper + 6), REVISION_2_0, TYPE_PKCS7);
	length -= WRAPPER_SIZE;
	buf = ka_malloc(length);
	r = ka_read_at(reader, pe->cert_offset + (uint64_t)WRAPPER_SIZE, buf, length);
	if (r < 0)
		return r;
	p = buf;
	*ret = ssl.read_message(NULL, &p, (long)length);
	return *ret ? 0 : ka_fail(err, -EBADMSG, "it is no PKCS #7 message");
}

/* What is signed: SpcIndirectDataContent, a sequence of two. ret_data is its content. */
static int find_content(PKCS7 *message, const uint8_t **ret_data, long *ret_size,
			struct ka_error *err)
{
	char oid[OID_TEXT_LIMIT] = "";
	const unsigned char *p;
	const PKCS7 *content;
	int tag, class, form;
	long size;

	if (ssl.oid_nid(message->type) != NID_pkcs7_signed || !message->d.sign)
		return ka_fail(err, -EBADMSG, "it is a PKCS #7 message that signs nothing");
	content = message->d.sign->contents;
	if (!content || ssl.oid_text(oid, sizeof(oid), content->type, /* numbers= */ 1) <= 0 ||
	    !ka_streq(oid, INDIRECT_DATA) || !content->d.other ||
	    content->d.other->type != V_ASN1_SEQUENCE)
		return ka_fail(err, -EBADMSG, "what it signs is no PE file");

	p = ssl.string_data(content->d.other->value.sequence);
	form = ssl.asn1_object(&p, &size, &tag, &class,
			       ssl.string_length(content->d.other->value.sequence));
	if (form & 0x80 || size <= 0)
		return ka_fail(err, -EBADMSG, "what it signs is damaged");
	*ret_data = p;
	*ret_size = size;
	return 0;
}

/* The digest in there: the second of the two. The caller frees it. */
static X509_SIG *find_digest(const uint8_t *data, long size)
{
	const unsigned char *p = data;
	int tag, class;
	long n;

	if (ssl.asn1_object(&p, &n, &tag, &class, size) & 0x80 || n > size - (p - data))
		return NULL;
	p += n;
	return ssl.read_digest(NULL, &p, size - (p - data));
}

/* --- the digest of the file */

static int compare_sections(const void *a, const void *b)
{
	const struct ka_pe_section *s = a, *t = b;

	return s->raw_offset < t->raw_offset ? -1 : s->raw_offset > t->raw_offset;
}

/* Headers without checksum and certificate entry, sections in file order, what follows them. */
static size_t list_ranges(const struct ka_pe *pe, uint64_t size, struct ka_range *ranges)
{
	struct ka_pe_section sections[KA_PE_SECTIONS_LIMIT];
	uint64_t hashed = pe->headers_size, at = pe->checksum_at + 4;
	size_t n = 0;

	ranges[n++] = (struct ka_range){ 0, pe->checksum_at };
	ranges[n++] = (struct ka_range){ at, pe->cert_entry_at - at };
	at = pe->cert_entry_at + 8;
	ranges[n++] = (struct ka_range){ at, pe->headers_size - at };
	memcpy(sections, pe->sections, pe->n_sections * sizeof(*sections));
	qsort(sections, pe->n_sections, sizeof(*sections), compare_sections);
	for (size_t i = 0; i < pe->n_sections; i++) {
		ranges[n++] = (struct ka_range){ sections[i].raw_offset, sections[i].raw_size };
		hashed += sections[i].raw_size;
	}
	if (size > hashed + pe->cert_size)
		ranges[n++] = (struct ka_range){ hashed, size - hashed - pe->cert_size };
	return n;
}

static int check_digest(const struct ka_reader *reader, const struct ka_pe *pe,
			const X509_SIG *signed_digest, struct ka_error *err)
{
	struct ka_range ranges[KA_PE_SECTIONS_LIMIT + 4];
	uint8_t digest[KA_DIGEST_MAX];
	const ASN1_OCTET_STRING *value;
	const ASN1_OBJECT *algorithm_id;
	const X509_ALGOR *algorithm;
	const char *name;
	size_t n, size;
	int r;

	ssl.digest_parts(signed_digest, &algorithm, &value);
	algorithm_id = algorithm->algorithm;
	name = ssl.nid_name(ssl.oid_nid(algorithm_id));
	if (pe->headers_size < pe->cert_entry_at + 8 || pe->headers_size > reader->size)
		return ka_fail(err, -EBADMSG,
			       "the PE header says that headers have %" PRIu32 " bytes",
			       pe->headers_size);
	n = list_ranges(pe, reader->size, ranges);
	r = ka_digest(name ? name : "unknown", reader, ranges, n, digest, &size, err);
	if (r == -ENODATA)
		return ka_fail(err, -EBADMSG, "the PE sections are not all in the file");
	if (r < 0)
		return r;
	if ((size_t)ssl.string_length(value) != size ||
	    memcmp(digest, ssl.string_data(value), size) != 0)
		return ka_fail(err, -EBADMSG,
			       "the file was changed after it was signed: its %s digest is not the "
			       "signed one",
			       name);
	return 0;
}

/* --- who signed */

static char *common_name(const X509_NAME *name)
{
	int index = ssl.name_index(name, NID_commonName, -1);
	ASN1_STRING *text = index < 0 ? NULL : ssl.entry_data(ssl.name_entry(name, index));

	if (!text)
		return ka_strdup("(no common name)");
	return ka_strndup((const char *)ssl.string_data(text), (size_t)ssl.string_length(text));
}

static void add_id(char ***list, const ASN1_STRING *id, const char *prefix)
{
	_cleanup_free_ char *text = NULL;

	if (!id)
		return;
	text = ka_hex(ssl.string_data(id), (size_t)ssl.string_length(id));
	ka_strv_add_take(list, ka_format("%s%s", prefix, text));
}

/* The kernel has a serial number as it stands in the certificate, where a positive number begins with a
 * clear bit; OpenSSL has it without the byte put in front for that. */
static const char *serial_prefix(const ASN1_STRING *serial)
{
	return ssl.string_length(serial) > 0 && *ssl.string_data(serial) & 0x80 ? "00" : "";
}

/* The kernel calls a key by its certificate's key identifier, or by the serial number without one. */
static void add_ids(const X509 *cert, char ***list)
{
	const ASN1_STRING *id = ssl.subject_key_id((X509 *)cert), *serial = ssl.serial(cert);

	add_id(list, id ? id : serial, id ? "" : serial_prefix(serial));
	add_id(list, ssl.authority_key_id((X509 *)cert), "");
}

/* The part of an encoded certificate that its issuer signed: the first in the outer sequence. */
static bool find_signed_part(const uint8_t *der, long size, const uint8_t **ret, size_t *ret_size)
{
	const unsigned char *p = der, *end = der + size;
	int tag, class;
	long n;

	if (ssl.asn1_object(&p, &n, &tag, &class, size) & 0x80)
		return false;
	*ret = p;
	if (ssl.asn1_object(&p, &n, &tag, &class, end - p) & 0x80)
		return false;
	*ret_size = (size_t)(p + n - *ret);
	return true;
}

/*
 * The kernel revokes a certificate by this digest too, made with the algorithm of the certificate's own
 * signature and no other (x509_get_sig_params()). An algorithm unknown here adds nothing.
 */
static void add_revocation(X509 *cert, char ***list)
{
	_cleanup_free_ char *hex = NULL;
	_cleanup_free_ uint8_t *der = NULL;
	struct ka_error err = KA_ERROR_INIT;
	uint8_t digest[KA_DIGEST_MAX];
	const uint8_t *part;
	unsigned char *p;
	size_t n;
	int id, r, size;

	if (!ssl.signature_digest(ssl.cert_signature(cert), &id, NULL) || id == NID_undef)
		return;
	size = ssl.write_cert(cert, NULL);
	if (size <= 0)
		return;
	p = der = ka_malloc((size_t)size);
	if (ssl.write_cert(cert, &p) != size || !find_signed_part(der, size, &part, &n))
		return;
	r = ka_digest_bytes(ssl.nid_name(id), part, n, digest, &n, &err);
	ka_error_done(&err);
	if (r < 0)
		return;
	hex = ka_hex(digest, n);
	ka_strv_add_take(list, ka_format("tbs:%s", hex));
}

static bool is_same_id(const ASN1_STRING *a, const ASN1_STRING *b)
{
	int size = ssl.string_length(a);

	return size == ssl.string_length(b) &&
	       memcmp(ssl.string_data(a), ssl.string_data(b), (size_t)size) == 0;
}

/* Does a certificate name that one as its issuer's, by serial number, or else by key? */
static bool is_issued_by(X509 *cert, X509 *issuer)
{
	const ASN1_STRING *serial = ssl.authority_serial(cert), *key = ssl.authority_key_id(cert);
	const ASN1_STRING *id = ssl.subject_key_id(issuer);

	if (serial)
		return is_same_id(ssl.serial(issuer), serial) &&
		       ssl.compare_names(ssl.issuer(cert), ssl.subject(issuer)) == 0;
	return key && id && is_same_id(key, id);
}

/* The certificate in the message that this one names; NULL: none, or itself. */
static X509 *find_issuer(const OPENSSL_STACK *certs, X509 *cert)
{
	for (int i = 0; i < ssl.stack_size(certs) && i < CERTS_LIMIT; i++) {
		X509 *other = ssl.stack_item(certs, i);

		if (is_issued_by(cert, other))
			return other == cert ? NULL : other;
	}
	return NULL;
}

/*
 * The certificates from a signer upwards: the keys any of which may be trusted, and what revokes them.
 * The kernel looks at no others (pkcs7_verify_sig_chain()), and one good chain of several is enough for it;
 * with several, then, no revocation is sure.
 */
static void add_chain(const OPENSSL_STACK *certs, X509 *cert, bool is_only,
		      struct ka_signature *ret)
{
	for (int i = 0; cert && i < CERTS_LIMIT; i++) {
		add_ids(cert, &ret->key_ids);
		if (is_only)
			add_revocation(cert, &ret->revocations);
		cert = find_issuer(certs, cert);
	}
}

/* Of several signatures the first names the signer, whose certificate the message must bring. */
static bool name_signer(PKCS7 *message, struct ka_signature *ret)
{
	const OPENSSL_STACK *certs = (const OPENSSL_STACK *)message->d.sign->cert;
	const OPENSSL_STACK *infos = (const OPENSSL_STACK *)ssl.signer_infos(message);
	int n = infos ? ssl.stack_size(infos) : 0;
	bool found = false;

	for (int i = 0; i < n && i < CERTS_LIMIT; i++) {
		X509 *cert = ssl.signer_cert(message, ssl.stack_item(infos, i));

		if (cert && i == 0) {
			found = true;
			ret->signer = common_name(ssl.subject(cert));
			ret->issuer = common_name(ssl.issuer(cert));
		}
		add_chain(certs, cert, n == 1, ret);
	}
	return found;
}

/*
 * All signatures over what the chain of BIOs has read, but those whose certificate is not in the message,
 * which the kernel passes over too. 0; -EBADMSG: one is not good; -EOPNOTSUPP: OpenSSL does not know how.
 */
static int verify_all(PKCS7 *message, BIO *bio)
{
	const OPENSSL_STACK *infos = (const OPENSSL_STACK *)ssl.signer_infos(message);
	uint8_t block[4096];
	int good = 1;

	while (ssl.read_bio(bio, block, sizeof(block)) > 0)
		;
	for (int i = 0; i < ssl.stack_size(infos) && good > 0; i++) {
		PKCS7_SIGNER_INFO *info = ssl.stack_item(infos, i);
		X509 *cert = ssl.signer_cert(message, info);

		if (cert)
			good = ssl.public_key(cert) ? ssl.verify(bio, message, info, cert) : 0;
	}
	/* 0: it could not start; -1: the digest or the signature is another. */
	return good > 0 ? 0 : good == 0 ? -EOPNOTSUPP : -EBADMSG;
}

/*
 * Is the signature over the content the signer's? Whether the signer is trusted is not asked. Not by
 * PKCS7_verify(), which leaks memory (OpenSSL 3.0) when a digest is unknown.
 */
static int verify(PKCS7 *message, const uint8_t *data, long size, struct ka_error *err)
{
	BIO *source = ssl.new_bio(data, (int)size), *bio;
	int r = -EOPNOTSUPP;

	if (!source)
		ka_out_of_memory();
	bio = ssl.start_verify(message, source);
	if (bio)
		r = verify_all(message, bio);
	ssl.free_bio(bio ? bio : source);
	if (r == -EOPNOTSUPP)
		return ka_fail(err, r, "OpenSSL does not know its digest or cipher");
	return r == 0 ? 0 : ka_fail(err, r, "it is not what the key of its signer makes");
}

static int inspect_message(const struct ka_reader *reader, const struct ka_pe *pe, PKCS7 *message,
			   bool fast, struct ka_signature *ret, struct ka_error *err)
{
	const uint8_t *data = NULL;
	X509_SIG *digest;
	bool found = false;
	long size = 0;
	int r;

	r = find_content(message, &data, &size, err);
	if (r == 0)
		found = name_signer(message, ret);
	if (r == 0 && found)
		r = verify(message, data, size, err);
	if (r < 0 || fast)
		return r;
	digest = find_digest(data, size);
	if (!digest)
		return ka_fail(err, -EBADMSG, "it holds no digest of a file");
	r = check_digest(reader, pe, digest, err);
	ssl.free_digest(digest);
	ret->is_intact = r == 0 && found;
	return r;
}

int ka_signature_inspect(const struct ka_reader *reader, const struct ka_pe *pe,
			 const struct ka_image_context *context, struct ka_image *ret,
			 struct ka_findings *findings)
{
	struct ka_error err = KA_ERROR_INIT;
	PKCS7 *message = NULL;
	int r;

	r = load(&err);
	if (r == 0)
		r = read_message(reader, pe, &message, &err);
	if (r == 0)
		r = inspect_message(reader, pe, message, context->fast, &ret->signature, &err);
	if (message)
		ssl.free_message(message);
	if (ssl.clear_errors)
		ssl.clear_errors();

	if (r == -EOPNOTSUPP) {
		ka_report(findings, KA_WARNING, KA_ID_SIGNATURE_UNCHECKED, context->path,
			  "install OpenSSL's libcrypto, if that is missing",
			  "the kernel's signature cannot be verified: %s", ka_error_text(&err, r));
		r = 0;
	} else if (r == -EBADMSG) {
		ka_report(findings, KA_ERROR, KA_ID_KERNEL_SIGNATURE, context->path,
			  "reinstall the kernel package", "the kernel's signature is not good: %s",
			  ka_error_text(&err, r));
		r = 0;
	}
	ka_error_done(&err);
	return r;
}
