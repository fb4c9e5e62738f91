// SPDX-License-Identifier: GPL-2.0-or-later
/* What upstream's "blscfg" and "uki" share: their options and their choice (commands/blsuki.c of 2.14). */

#include "lang/options.h"
#include "menu/bls.h"
#include "state/env.h"

#include <kexec-any/text.h>

#include <errno.h>

static const struct grub_option table[] = {
	{ "path", 'p', 'p', GRUB_ARGUMENT_REQUIRED },
	{ "enable-fallback", 'f', 'f', GRUB_ARGUMENT_NONE },
	{ "show-default", 'd', 'd', GRUB_ARGUMENT_NONE },
	{ "show-non-default", 'n', 'n', GRUB_ARGUMENT_NONE },
	{ "entry", 'e', 'e', GRUB_ARGUMENT_REQUIRED },
	{ NULL, 0, 0, GRUB_ARGUMENT_NONE },
};

int grub_blsuki_parse(char **argv, size_t argc, struct grub_blsuki *ret)
{
	struct grub_options o;
	int r;

	r = grub_options_parse(table, false, argv, argc, &o);
	if (r < 0 || o.n_words > 0)
		return -EINVAL;
	*ret = (struct grub_blsuki){
		.path = grub_option_value(&o, 'p'),
		.only = grub_option_value(&o, 'e'),
		.fallback = grub_option_given(&o, 'f'),
		.defaults = grub_option_given(&o, 'd'),
		.others = grub_option_given(&o, 'n'),
	};
	if (!ret->defaults && !ret->others && !ret->only)
		ret->defaults = ret->others = true;
	return 0;
}

bool grub_blsuki_shows(const struct grub_blsuki *wanted, bool is_default, const char *file)
{
	return (is_default ? wanted->defaults : wanted->others) ||
	       (wanted->only && ka_streq(wanted->only, file));
}

bool grub_blsuki_saves_default(const struct grub *g)
{
	const char *value = grub_get(g, "blsuki_save_default");

	return value && (ka_streq(value, "true") || ka_streq(value, "1"));
}
