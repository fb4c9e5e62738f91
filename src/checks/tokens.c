// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tokens of systemd-cryptenroll(1) and of Clevis (clevis-luks-bind(1)). Clevis keeps its settings in the
 * header of a JWE (RFC 7516), in base64url; its "sss" shares a key among others of its kind.
 */

#include "checks/tokens.h"

#include "checks/pcrs.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <json-c/json.h>

#define DEPTH_LIMIT  4
#define HEADER_LIMIT 65536

static void done(struct json_object **object)
{
	json_object_put(*object);
}

static const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

/* [7, 11] */
static uint32_t get_pcrs(struct json_object *object, const char *key)
{
	struct json_object *list;
	uint32_t mask = 0;

	if (!json_object_object_get_ex(object, key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		int pcr = json_object_get_int(json_object_array_get_idx(list, i));

		if (pcr >= 0 && pcr < KA_N_PCRS)
			mask |= KA_PCR((unsigned int)pcr);
	}
	return mask;
}

/* A policy of systemd-pcrlock(8) is made of the loader's PCRs, whatever it names. */
static uint32_t systemd_pcrs(struct json_object *token)
{
	struct json_object *value;
	uint32_t mask = get_pcrs(token, "tpm2-pcrs") | get_pcrs(token, "tpm2_pubkey_pcrs");

	if (json_object_object_get_ex(token, "tpm2_pcrlock", &value) &&
	    json_object_get_boolean(value))
		mask |= KA_PCR(4);
	return mask;
}

static bool has_pin(struct json_object *token)
{
	struct json_object *value;

	return json_object_object_get_ex(token, "tpm2-pin", &value) &&
	       json_object_get_boolean(value);
}

/* --- Clevis */

static int base64_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* Up to its end, or to a dot. NULL: no such text. */
static char *decode_base64url(const char *text)
{
	size_t n = strcspn(text, "."), out = 0;
	uint32_t bits = 0;
	char *buf;

	if (n > HEADER_LIMIT)
		return NULL;
	buf = ka_malloc(n + 1);
	for (size_t i = 0; i < n; i++) {
		int value = base64_value(text[i]);

		if (value < 0) {
			free(buf);
			return NULL;
		}
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			buf[out++] = (char)(bits >> (6 - i % 4 * 2));
	}
	buf[out] = '\0';
	return buf;
}

static bool judge_pin(const char *protected, unsigned int depth, uint32_t *stale);

/* t of the shares are needed. */
static bool judge_sss(struct json_object *sss, unsigned int depth, uint32_t *stale)
{
	struct json_object *list, *value;
	int needed = 1, good = 0;

	if (json_object_object_get_ex(sss, "t", &value))
		needed = json_object_get_int(value);
	if (!json_object_object_get_ex(sss, "jwe", &list) ||
	    !json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *jwe = json_object_get_string(json_object_array_get_idx(list, i));

		if (jwe && judge_pin(jwe, depth + 1, stale))
			good++;
	}
	return good >= needed;
}

/* Does this pin still unlock after a kexec? If not, and it is the TPM's, by which PCRs. */
static bool judge_pin(const char *protected, unsigned int depth, uint32_t *stale)
{
	_cleanup_free_ char *text = depth < DEPTH_LIMIT ? decode_base64url(protected) : NULL;
	_cleanup_(done) struct json_object *header = text ? json_tokener_parse(text) : NULL;
	_cleanup_free_ char *ids = NULL;
	struct json_object *clevis, *settings = NULL;
	const char *pin, *list;
	uint32_t mask;

	if (!header || !json_object_object_get_ex(header, "clevis", &clevis))
		return false;
	pin = get_text(clevis, "pin");
	if (!pin)
		return false;
	json_object_object_get_ex(clevis, pin, &settings);
	if (ka_streq(pin, "sss"))
		return judge_sss(settings, depth, stale);
	if (!ka_streq(pin, "tpm2"))
		return ka_streq(pin, "tang");
	list = get_text(settings, "pcr_ids");
	ids = ka_strdup_or_null(list);
	mask = ids ? ka_pcrs_parse(ids) & KA_PCRS_STALE : 0;
	*stale |= mask;
	return mask == 0;
}

/* --- */

void ka_tokens_add(struct ka_tokens *tokens, const char *json)
{
	_cleanup_(done) struct json_object *token = json_tokener_parse(json);
	struct json_object *jwe;
	const char *type = token ? get_text(token, "type") : NULL, *protected;
	uint32_t stale;

	if (!type)
		return;
	if (ka_streq(type, "systemd-tpm2")) {
		stale = systemd_pcrs(token) & KA_PCRS_STALE;
		tokens->stale |= stale;
		tokens->has_device |= has_pin(token);
		tokens->unlocks_alone |= stale == 0 && !has_pin(token);
	} else if (ka_streq(type, "systemd-fido2") || ka_streq(type, "systemd-pkcs11")) {
		tokens->has_device = true;
	} else if (ka_streq(type, "clevis") && json_object_object_get_ex(token, "jwe", &jwe)) {
		protected = get_text(jwe, "protected");
		tokens->unlocks_alone |= protected && judge_pin(protected, 0, &tokens->stale);
	}
}
