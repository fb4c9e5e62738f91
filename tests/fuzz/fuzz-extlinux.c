// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The texts of extlinux.conf. The first byte picks who reads: SYSLINUX's loader, its menu, U-Boot, and what each makes of
 * one line; or the vector at the end of ldlinux.sys.
 */

#include "fuzz.h"
#include "syslinux.h"
#include "uboot.h"

#include <kexec-any/text.h>

static void syslinux(enum sys_pass pass, const char *text, size_t len)
{
	struct sys_config config;

	if (sys_config_parse(pass, text, len, &config, NULL) < 0)
		return;
	for (size_t i = 0; i < config.n_items; i++) {
		const struct sys_item *item = &config.items[i];

		if (item->menu >= config.n_menus || (item->action == SYS_COMMAND && !item->command))
			abort();
		sys_find_label(&config, item->name);
	}
	sys_config_done(&config);
}

static void command(const char *text)
{
	struct sys_run run;

	sys_run_make(text, &run);
	sys_run_is_menu(&run);
	free(sys_run_cmdline(&run));
	sys_run_done(&run);
}

static void uboot(const char *text)
{
	struct uboot_config config;

	if (uboot_config_parse(text, &config, NULL) == 0)
		uboot_config_done(&config);
}

static void expand(const char *text)
{
	char *unknown, *line = uboot_expand(text, &unknown);

	if (strlen(line) > strlen(text))
		abort();
	free(line);
	free(unknown);
}

static void vector(const uint8_t *data, size_t len)
{
	free(sys_adv_get(data, len, SYS_ADV_ONCE));
	free(sys_adv_get(data, len, SYS_ADV_SAVE));
	free(sys_version((const char *)data, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = ka_format("%.*s", (int)(size - 1), (const char *)data + 1);
	switch (data[0] % 6) {
	case 0:
		syslinux(SYS_LOADER, (const char *)data + 1, size - 1);
		break;
	case 1:
		syslinux(SYS_MENU, (const char *)data + 1, size - 1);
		break;
	case 2:
		command(text);
		break;
	case 3:
		uboot(text);
		break;
	case 4:
		expand(text);
		break;
	default:
		vector(data + 1, size - 1);
	}
	free(text);
	return 0;
}
