// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys and keyrings: /proc/keys has their names, keyctl(2) what is in which keyring. */

#include "kexec/keyrings.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>

#define KEYS_LIMIT  (4u << 20)
#define KEYRING_MAX 4096 /* keys in one */

/* A line of /proc/keys: serial, flags, usage, timeout, permissions, user, group, type, description. */
struct key {
	int32_t serial;
	const char *type, *description; /* in the line */
};

static bool parse_line(char *line, struct key *ret)
{
	char *save = NULL, *word = strtok_r(line, " ", &save), *end;
	int i;

	if (!word)
		return false;
	ret->serial = (int32_t)strtoul(word, &end, 16);
	if (*end)
		return false;
	for (i = 0; i < 7 && word; i++)
		word = strtok_r(NULL, " ", &save);
	if (!word)
		return false;
	ret->type = word;
	ret->description = save + strspn(save, " ");
	return true;
}

static bool is_keyring(const struct key *key)
{
	return ka_streq(key->type, "keyring");
}

/* "SUBJECT: ID: X509.rsa TAIL []", where the subject may hold anything. */
static bool has_id(const struct key *key, char *const *ids)
{
	const char *end = NULL, *start;

	if (!ka_streq(key->type, "asymmetri")) /* cut to nine letters */
		return false;
	for (const char *p = key->description; (p = strstr(p, ": X509.")); p++)
		end = p;
	if (!end)
		return false;
	for (start = end; start > key->description && start[-1] != ' ';)
		start--;
	for (; ids && *ids; ids++)
		if (strlen(*ids) == (size_t)(end - start) &&
		    strncmp(*ids, start, (size_t)(end - start)) == 0)
			return true;
	return false;
}

/* A digest on the kernel's list of what is revoked (certs/blacklist.c). */
static bool is_digest(const struct key *key)
{
	return ka_streq(key->type, "blacklist");
}

/* What the keyring's name makes of a key in it; ABSENT: nothing. */
static enum ka_key_trust keyring_trust(const char *description)
{
	static const char *const trusted[] = { ".builtin_trusted_keys:", ".secondary_trusted_keys:",
					       ".machine:", ".platform:" };

	for (size_t i = 0; i < ARRAY_SIZE(trusted); i++)
		if (ka_startswith(description, trusted[i]))
			return KA_KEY_TRUSTED;
	return ka_startswith(description, ".blacklist:") ? KA_KEY_REVOKED : KA_KEY_ABSENT;
}

/* Is the key in the keyring? 1, 0; negative: not to be told. */
static int holds(int32_t keyring, int32_t key)
{
	int32_t serials[KEYRING_MAX];
	long n = syscall(SYS_keyctl, KEYCTL_READ, keyring, serials, sizeof(serials));

	if (n < 0)
		return ka_errno();
	if ((size_t)n > sizeof(serials))
		return -E2BIG;
	for (size_t i = 0; i < (size_t)n / sizeof(*serials); i++)
		if (serials[i] == key)
			return 1;
	return 0;
}

static bool concerns(const struct key *key, char *const *ids, char *const *revocations)
{
	return is_keyring(key) || has_id(key, ids) ||
	       (is_digest(key) && ka_strv_contains(revocations, key->description));
}

/* Every line that is a keyring, the key or a revocation, parsed; the list is the caller's to free. */
static struct key *parse_all(char *text, char *const *ids, char *const *revocations, size_t *ret_n)
{
	struct key *keys = NULL, key;
	char *cursor, *line;
	size_t n = 0;

	for (cursor = text; (line = ka_next_line(&cursor));) {
		if (!parse_line(line, &key) || !concerns(&key, ids, revocations))
			continue;
		keys = ka_reallocarray(keys, n + 1, sizeof(*keys));
		keys[n++] = key;
	}
	*ret_n = n;
	return keys;
}

/* A revocation wins, then trust, then doubt. */
static enum ka_key_trust stronger(enum ka_key_trust a, enum ka_key_trust b)
{
	static const int rank[] = { [KA_KEY_ABSENT] = 0,
				    [KA_KEY_UNKNOWN] = 1,
				    [KA_KEY_TRUSTED] = 2,
				    [KA_KEY_REVOKED] = 3 };

	return rank[a] > rank[b] ? a : b;
}

static enum ka_key_trust judge(const struct key *keys, size_t n, const struct key *key, bool live)
{
	enum ka_key_trust trust = KA_KEY_ABSENT;

	if (is_digest(key))
		return KA_KEY_REVOKED;
	if (!live)
		return KA_KEY_TRUSTED;
	for (size_t i = 0; i < n; i++) {
		enum ka_key_trust meant = is_keyring(&keys[i]) ? keyring_trust(keys[i].description)
							       : KA_KEY_ABSENT;
		int r = meant == KA_KEY_ABSENT ? 0 : holds(keys[i].serial, key->serial);

		if (r != 0)
			trust = stronger(trust, r > 0 ? meant : KA_KEY_UNKNOWN);
	}
	return trust;
}

enum ka_key_trust ka_keyrings_find(struct ka_host *host, char *const *ids, char *const *revocations)
{
	enum ka_key_trust trust = KA_KEY_ABSENT;
	_cleanup_free_ struct key *keys = NULL;
	_cleanup_free_ char *text = NULL;
	bool is_complete = false;
	size_t n;

	if (ka_host_read(host, "/proc/keys", KEYS_LIMIT, &text, NULL, NULL) < 0)
		return KA_KEY_UNKNOWN;
	keys = parse_all(text, ids, revocations, &n);
	/* Only the keys that the caller may see are listed; root sees the kernel's own. */
	for (size_t i = 0; i < n; i++)
		if (is_keyring(&keys[i]) && keyring_trust(keys[i].description) == KA_KEY_TRUSTED)
			is_complete = true;
	if (!is_complete)
		return KA_KEY_UNKNOWN;
	for (size_t i = 0; i < n; i++)
		if (!is_keyring(&keys[i]))
			trust = stronger(trust, judge(keys, n, &keys[i], ka_host_is_live(host)));
	return trust;
}
