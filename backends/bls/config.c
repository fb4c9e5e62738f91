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

/* "@saved" is the only special name; others are passed over. */
static void set_pattern(char **to, const char *value)
{
	if (*value == '@' && ka_casecmp(value, "@saved") != 0)
		return;
	free(*to);
	*to = bls_lower(ka_strdup(value));
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

void bls_config_parse(const char *text, struct bls_config *ret)
{
	struct bls_config c = { .auto_entries = true, .auto_firmware = true };
	_cleanup_free_ char *copy = ka_strdup(text);
	char *cursor = copy, *key, *value;

	while (ka_next_key_value(&cursor, " \t", &key, &value)) {
		if (ka_streq(key, "default"))
			set_pattern(&c.default_pattern, value);
		else if (ka_streq(key, "preferred"))
			set_pattern(&c.preferred_pattern, value);
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
