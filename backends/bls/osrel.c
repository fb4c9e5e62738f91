// SPDX-License-Identifier: GPL-2.0-or-later
/* .osrel of a unified kernel image: its os-release(5), and what a version of systemd-boot takes from it
 * (bootspec_pick_name_version_sort_key(), before 250 config_entry_add_linux()). */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

enum { PRETTY_NAME, IMAGE_ID, NAME, ID, IMAGE_VERSION, VERSION, VERSION_ID, BUILD_ID, _FIELD_MAX };

static const char *const field_names[_FIELD_MAX] = {
	"PRETTY_NAME",	 "IMAGE_ID", "NAME",	   "ID",
	"IMAGE_VERSION", "VERSION",  "VERSION_ID", "BUILD_ID",
};

void bls_osrel_done(struct bls_osrel *osrel)
{
	free(osrel->name);
	free(osrel->version);
	free(osrel->sort_key);
	free(osrel->id);
	*osrel = (struct bls_osrel){ NULL };
}

static const char *first_of(char *const *fields, size_t from, size_t to)
{
	for (; from <= to; from++)
		if (fields[from])
			return fields[from];
	return NULL;
}

/* The fields that this version does not know are as if they were not there. */
static void drop_unknown(char **fields, const struct bls_dialect *dialect)
{
	bool known[_FIELD_MAX];

	for (size_t i = 0; i < _FIELD_MAX; i++)
		known[i] = true;
	known[IMAGE_ID] = known[IMAGE_VERSION] = bls_has(dialect, BLS_UKI_IMAGE_FIELDS);
	known[NAME] = bls_has(dialect, BLS_UKI_OTHER_NAMES);
	if (!bls_has(dialect, BLS_UKI_ID_IS_FILE)) {
		known[VERSION] = bls_has(dialect, BLS_UKI_VERSION);
		known[VERSION_ID] = !known[VERSION];
	}
	for (size_t i = 0; i < _FIELD_MAX; i++)
		if (!known[i]) {
			free(fields[i]);
			fields[i] = NULL;
		}
}

static bool pick(char *const *fields, const struct bls_dialect *dialect, struct bls_osrel *ret)
{
	bool by_id = bls_has(dialect, BLS_UKI_IMAGE_FIELDS);
	const char *name = first_of(fields, PRETTY_NAME, by_id ? ID : NAME),
		   *version = first_of(fields, IMAGE_VERSION, BUILD_ID);

	if (!name || (!version && !bls_has(dialect, BLS_UKI_NAME_ALONE)) || (!by_id && !fields[ID]))
		return false;
	*ret = (struct bls_osrel){
		.name = ka_strdup(name),
		.version = ka_strdup_or_null(version),
	};
	if (bls_has(dialect, BLS_SORT_KEY))
		ret->sort_key = ka_strdup_or_null(fields[IMAGE_ID] ? fields[IMAGE_ID] : fields[ID]);
	if (!bls_has(dialect, BLS_UKI_ID_IS_FILE))
		ret->id = bls_lower(ka_format("%s-%s", fields[ID], version));
	return true;
}

bool bls_osrel_parse(const char *text, const struct bls_dialect *dialect, struct bls_osrel *ret)
{
	_cleanup_free_ char *copy = ka_strdup(text);
	char *fields[_FIELD_MAX] = { NULL }, *cursor = copy, *key, *value;
	bool none = bls_has(dialect, BLS_EMPTY_IS_NONE), good;

	while (bls_next_key_value(dialect, &cursor, "=", &key, &value))
		for (size_t i = 0; i < _FIELD_MAX; i++)
			if (ka_streq(key, field_names[i])) {
				free(fields[i]);
				fields[i] = none && !*value ? NULL : ka_strdup(value);
			}
	drop_unknown(fields, dialect);
	good = pick(fields, dialect, ret);
	for (size_t i = 0; i < _FIELD_MAX; i++)
		free(fields[i]);
	return good;
}
