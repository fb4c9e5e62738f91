// SPDX-License-Identifier: GPL-2.0-or-later
/* loader.conf: the keys that decide what boots (config_defaults_load_from_file()). */

#include "bls.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

void bls_config_done(struct bls_config *config)
{
	free(config->default_pattern);
	free(config->preferred_pattern);
	free(config->timeout);
	*config = (struct bls_config){ NULL };
}

/*
 * "@saved" is the only special name, others are passed over. Before there were special names it is a
 * pattern as any, which fits nothing.
 */
static void set_pattern(char **to, bool *ret_saved, const struct bls_dialect *dialect,
			const char *value)
{
	bool special = *value == '@' && bls_has(dialect, BLS_SAVED);
	bool saved = bls_has(dialect, BLS_SAVED_ANY_CASE) ? ka_casecmp(value, "@saved") == 0
							  : ka_streq(value, "@saved");

	if (special && !saved)
		return;
	free(*to);
	*to = bls_lower(ka_strdup(value));
	*ret_saved = special;
}

/* What is no boolean leaves the setting as it is. */
static void set_boolean(bool *to, const char *value)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" }, *const no[] = {
		"0", "no", "n", "false", "f", "off"
	};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (ka_streq(value, yes[i]))
			*to = true;
		if (ka_streq(value, no[i]))
			*to = false;
	}
}

void bls_config_parse(const char *text, const struct bls_dialect *dialect, struct bls_config *ret)
{
	struct bls_config c = { .auto_entries = true, .auto_firmware = true };
	_cleanup_free_ char *copy = ka_strdup(text);
	char *cursor = copy, *key, *value;

	while (bls_next_key_value(dialect, &cursor, " \t", &key, &value)) {
		if (ka_streq(key, "default"))
			set_pattern(&c.default_pattern, &c.default_saved, dialect, value);
		else if (ka_streq(key, "preferred"))
			set_pattern(&c.preferred_pattern, &c.preferred_saved, dialect, value);
		else if (ka_streq(key, "auto-entries"))
			set_boolean(&c.auto_entries, value);
		else if (ka_streq(key, "auto-firmware"))
			set_boolean(&c.auto_firmware, value);
		else if (ka_streq(key, "auto-poweroff"))
			set_boolean(&c.auto_poweroff, value);
		else if (ka_streq(key, "auto-reboot"))
			set_boolean(&c.auto_reboot, value);
		else if (ka_streq(key, "timeout")) {
			free(c.timeout);
			c.timeout = ka_strdup(value);
		}
	}
	*ret = c;
}
