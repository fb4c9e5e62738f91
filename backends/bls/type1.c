// SPDX-License-Identifier: GPL-2.0-or-later
/* Type #1 entries: /loader/entries/NAME.conf (boot_entry_add_type1() in src/boot/boot.c). */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define WORDS_LIMIT 1024

void bls_type1_done(struct bls_type1 *entry)
{
	free(entry->title);
	free(entry->version);
	free(entry->machine_id);
	free(entry->sort_key);
	free(entry->options);
	free(entry->devicetree);
	free(entry->loader);
	ka_strv_free(entry->initrds);
	ka_strv_free(entry->extras);
	*entry = (struct bls_type1){ NULL };
}

static void replace(char **to, const char *value, const struct bls_reading *by)
{
	free(*to);
	*to = !*value && bls_has(by->dialect, BLS_EMPTY_IS_NONE) ? NULL : ka_strdup(value);
}

/* Both slashes are path separators, and several are one. */
static char *normal_path(const char *value)
{
	char *path = ka_malloc(strlen(value) + 2), *out = path;

	*out++ = '/';
	for (; *value; value++) {
		char c = *value;

		if (c == '\\')
			c = '/';

		if (c != '/' || out[-1] != '/')
			*out++ = c;
	}
	*out = '\0';
	return path;
}

/* Of "linux", "uki", "uki-url" and "efi" one alone may stand there, again and again; once the last counted. */
static void set_loader(struct bls_type1 *e, const struct bls_dialect *dialect, enum bls_kind kind,
		       const char *value)
{
	if (e->kind != BLS_UNDEFINED && e->kind != kind && bls_has(dialect, BLS_ONE_LOADER_KEY)) {
		e->hidden = "it has two of the keys 'linux', 'uki', 'uki-url' and 'efi'";
		return;
	}
	e->kind = kind;
	free(e->loader);
	e->loader = kind == BLS_UKI_URL ? ka_strdup(value) : normal_path(value);
}

static void add_path(char ***list, const char *value)
{
	if (ka_strv_length(*list) < WORDS_LIMIT)
		ka_strv_add_take(list, normal_path(value));
}

static void add_options(struct bls_type1 *e, const struct bls_reading *by, const char *value)
{
	_cleanup_free_ char *before = NULL;
	bool none = !*value && bls_has(by->dialect, BLS_EMPTY_IS_NONE);

	if (none && !e->options)
		return;
	/* Nothing behind something is written out as what it is. */
	if (none)
		value = "(null)";
	before = TAKE_PTR(e->options);
	e->options = before ? ka_format("%s %s", before, value) : ka_strdup(value);
}

static void set_profile(struct bls_type1 *e, const char *value)
{
	uint64_t number;

	if (ka_parse_u64(value, UINT32_MAX, &number) == 0)
		e->profile = (unsigned int)number;
}

static void set_architecture(struct bls_type1 *e, const struct bls_reading *by, const char *value)
{
	bool any_case = bls_has(by->dialect, BLS_ARCH_ANY_CASE);

	if (any_case ? ka_casecmp(value, by->arch) != 0 : !ka_streq(value, by->arch))
		e->hidden = "it is for another architecture";
}

static void set_efi(struct bls_type1 *e, const struct bls_reading *by, const char *value)
{
	set_loader(e, by->dialect, BLS_EFI, value);
	if (!e->hidden && by->own_path && ka_casecmp(e->loader, by->own_path) == 0)
		e->hidden = "it names systemd-boot itself";
}

/* The keys of every version. False: it is none of them. */
static bool take_old_key(struct bls_type1 *e, const struct bls_reading *by, const char *key,
			 const char *value)
{
	if (ka_streq(key, "title"))
		replace(&e->title, value, by);
	else if (ka_streq(key, "version"))
		replace(&e->version, value, by);
	else if (ka_streq(key, "machine-id"))
		replace(&e->machine_id, value, by);
	else if (ka_streq(key, "linux"))
		set_loader(e, by->dialect, BLS_LINUX, value);
	else if (ka_streq(key, "efi"))
		set_efi(e, by, value);
	else if (ka_streq(key, "architecture"))
		set_architecture(e, by, value);
	else if (ka_streq(key, "initrd"))
		add_path(&e->initrds, value);
	else if (ka_streq(key, "options"))
		add_options(e, by, value);
	else
		return false;
	return true;
}

static void take_key(struct bls_type1 *e, const struct bls_reading *by, const char *key,
		     const char *value)
{
	const struct bls_dialect *d = by->dialect;

	if (take_old_key(e, by, key, value))
		return;
	if (ka_streq(key, "devicetree") && bls_has(d, BLS_DEVICETREE)) {
		free(e->devicetree);
		e->devicetree = normal_path(value);
	} else if (ka_streq(key, "sort-key") && bls_has(d, BLS_SORT_KEY)) {
		replace(&e->sort_key, value, by);
	} else if (ka_streq(key, "uki") && bls_has(d, BLS_UKI_KEY)) {
		set_loader(e, d, BLS_UKI, value);
	} else if (ka_streq(key, "uki-url") && bls_has(d, BLS_UKI_KEY)) {
		set_loader(e, d, BLS_UKI_URL, value);
	} else if (ka_streq(key, "profile") && bls_has(d, BLS_PROFILE_KEY)) {
		set_profile(e, value);
	} else if (ka_streq(key, "extra") && bls_has(d, BLS_EXTRA)) {
		add_path(&e->extras, value);
	}
}

void bls_type1_parse(const char *text, const struct bls_reading *by, struct bls_type1 *ret)
{
	_cleanup_free_ char *copy = ka_strdup(text);
	struct bls_type1 e = { NULL };
	char *cursor = copy, *key, *value;

	/* What hides it ends the file as well. */
	while (!e.hidden && bls_next_key_value(by->dialect, &cursor, " \t", &key, &value))
		take_key(&e, by, key, value);
	if (!e.hidden && e.kind == BLS_UNDEFINED)
		e.hidden = bls_has(by->dialect, BLS_UKI_KEY)
				   ? "it has none of the keys 'linux', 'uki', 'uki-url' and 'efi'"
				   : "it has neither 'linux' nor 'efi', all that this systemd-boot "
				     "knows";
	*ret = e;
}
