// SPDX-License-Identifier: GPL-2.0-or-later
/* Type #1 entries: /loader/entries/NAME.conf (boot_entry_add_type1() in src/boot/boot.c). */

#include "bls.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <strings.h>

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

static int replace(char **to, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

/* Both slashes are path separators, and several are one. */
static char *normal_path(const char *value)
{
	char *path = malloc(strlen(value) + 2), *out = path;

	if (!path)
		return NULL;
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

/* Of "linux", "uki", "uki-url" and "efi" one alone may stand there, again and again. */
static int set_loader(struct bls_type1 *e, enum bls_kind kind, const char *value)
{
	char *path;

	if (e->kind != BLS_UNDEFINED && e->kind != kind) {
		e->hidden = "it has two of the keys 'linux', 'uki', 'uki-url' and 'efi'";
		return 0;
	}
	path = kind == BLS_UKI_URL ? strdup(value) : normal_path(value);
	if (!path)
		return -ENOMEM;
	e->kind = kind;
	free(e->loader);
	e->loader = path;
	return 0;
}

static int add_path(char ***list, const char *value)
{
	char *path = normal_path(value);

	if (ka_strv_length(*list) >= WORDS_LIMIT) {
		free(path);
		return 0;
	}
	return ka_strv_add_take(list, path);
}

static int add_options(struct bls_type1 *e, const char *value)
{
	char *joined = e->options ? ka_format("%s %s", e->options, value) : strdup(value);

	if (!joined)
		return -ENOMEM;
	free(e->options);
	e->options = joined;
	return 0;
}

static int set_profile(struct bls_type1 *e, const char *value)
{
	uint64_t number;

	if (ka_parse_u64(value, UINT32_MAX, &number) == 0)
		e->profile = (unsigned int)number;
	return 0;
}

static int set_architecture(struct bls_type1 *e, const char *arch, const char *value)
{
	if (strcasecmp(value, arch) != 0)
		e->hidden = "it is for another architecture";
	return 0;
}

static int take_key(struct bls_type1 *e, const struct bls_dialect *dialect, const char *arch,
		    const char *key, const char *value)
{
	const unsigned int version = dialect->version;

	if (ka_streq(key, "title"))
		return replace(&e->title, value);
	if (ka_streq(key, "version"))
		return replace(&e->version, value);
	if (ka_streq(key, "machine-id"))
		return replace(&e->machine_id, value);
	if (ka_streq(key, "sort-key"))
		return replace(&e->sort_key, value);
	if (ka_streq(key, "linux"))
		return set_loader(e, BLS_LINUX, value);
	if (ka_streq(key, "efi"))
		return set_loader(e, BLS_EFI, value);
	if (ka_streq(key, "architecture"))
		return set_architecture(e, arch, value);
	if (ka_streq(key, "initrd"))
		return add_path(&e->initrds, value);
	if (ka_streq(key, "options"))
		return add_options(e, value);
	if (ka_streq(key, "devicetree")) {
		free(e->devicetree);
		e->devicetree = normal_path(value);
		return e->devicetree ? 0 : -ENOMEM;
	}
	if (version >= BLS_UKI_KEY && ka_streq(key, "uki"))
		return set_loader(e, BLS_UKI, value);
	if (version >= BLS_UKI_KEY && ka_streq(key, "uki-url"))
		return set_loader(e, BLS_UKI_URL, value);
	if (version >= BLS_PROFILE_KEY && ka_streq(key, "profile"))
		return set_profile(e, value);
	if (version >= BLS_EXTRA && ka_streq(key, "extra"))
		return add_path(&e->extras, value);
	return 0;
}

int bls_type1_parse(const char *text, const struct bls_dialect *dialect, const char *arch,
		    struct bls_type1 *ret)
{
	_cleanup_free_ char *copy = strdup(text);
	struct bls_type1 e = { NULL };
	char *cursor = copy, *key, *value;
	int r = copy ? 0 : -ENOMEM;

	/* What hides it ends the file as well. */
	while (r == 0 && !e.hidden && ka_next_key_value(&cursor, " \t", &key, &value))
		r = take_key(&e, dialect, arch, key, value);
	if (r < 0) {
		bls_type1_done(&e);
		return r;
	}
	if (!e.hidden && e.kind == BLS_UNDEFINED)
		e.hidden = dialect->version >= BLS_UKI_KEY
				   ? "it has none of the keys 'linux', 'uki', 'uki-url' and 'efi'"
				   : "it has neither 'linux' nor 'efi', all that this systemd-boot "
				     "knows";
	*ret = e;
	return 0;
}
