// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which boot option the firmware takes next. BootNext decides once; then the first option of BootOrder
 * that loads. What loaded last time is BootCurrent, so options in front of it outrank it only where
 * they lead to a file that is there now: networks, CDs and what the firmware brings along did not load
 * last time either.
 */

#include "decide/firmware.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

/* Firmware's own limit is lower by far. */
#define OPTIONS_LIMIT 256

/* Where an option leads, as far as that can be seen. */
enum reach {
	REACH_NOWHERE, /* it cannot load */
	REACH_FILE,    /* there is a file */
	REACH_HIDDEN,  /* its partition is attached and cannot be looked at */
	REACH_NETWORK,
	REACH_ELSEWHERE, /* a disk, a CD, the firmware itself */
};

struct target {
	enum reach reach;
	char *partition, *path; /* as in struct ka_chain */
};

static void target_done(struct target *t)
{
	free(t->partition);
	free(t->path);
}

/* What cannot be read may say anything: nothing is decided then. */
static void refuse_unread(struct ka_chain *chain, const char *variable, int error)
{
	if (!chain->refusal)
		chain->refusal = ka_format("the firmware's variable %s cannot be read: %s",
					   variable, strerror(-error));
}

static size_t read_numbers(struct ka_host *host, struct ka_chain *chain, const char *name,
			   uint16_t *ret, size_t max)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len = 0, n;
	int r = ka_host_efi_variable(host, name, KA_EFI_GUID_GLOBAL, &value, &len);

	if (r < 0) {
		if (r != -ENOENT && r != -EBADMSG)
			refuse_unread(chain, name, r);
		return 0;
	}
	n = len / 2 < max ? len / 2 : max;
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint16_t)(value[2 * i] | value[2 * i + 1] << 8);
	return n;
}

/* Boot####. False: there is none; or it cannot be read, which is a refusal. */
static bool read_option(struct ka_host *host, struct ka_chain *chain, unsigned int number,
			struct ka_boot_option *ret)
{
	char name[16];
	int r = ka_host_boot_option(host, number, ret);

	if (r >= 0)
		return r > 0;
	snprintf(name, sizeof(name), "Boot%04X", number & 0xffff);
	refuse_unread(chain, name, r);
	return false;
}

static void look(struct ka_host *host, const struct ka_boot_option *option, struct target *ret)
{
	int r;

	if (option->device != KA_BOOT_DEVICE_PARTITION || !option->partition) {
		ret->reach = option->device == KA_BOOT_DEVICE_NETWORK ? REACH_NETWORK
								      : REACH_ELSEWHERE;
		return;
	}
	r = ka_host_boot_option_file(host, option, &ret->partition, &ret->path);
	ret->reach = r > 0 ? REACH_FILE : r == 0 ? REACH_NOWHERE : REACH_HIDDEN;
}

static void take(struct ka_chain *chain, enum ka_option_from from, unsigned int number,
		 struct ka_boot_option *option, struct target *target)
{
	chain->from = from;
	chain->number = number;
	chain->option = *option;
	*option = (struct ka_boot_option){ .is_active = false };
	chain->partition = TAKE_PTR(target->partition);
	chain->path = TAKE_PTR(target->path);
}

static void refuse_network(struct ka_chain *chain)
{
	chain->refusal = ka_format("the firmware boots from the network next (%s=Boot%04X, '%s')",
				   ka_option_from_name(chain->from), chain->number,
				   chain->option.description);
}

/* BootNext is used up whatever it leads to. True: it decides. */
static bool try_next(struct ka_host *host, struct ka_chain *chain)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { .is_active = false };
	_cleanup_(target_done) struct target target = { .partition = NULL };
	uint16_t number;

	if (read_numbers(host, chain, "BootNext", &number, 1) == 0)
		return false;
	ka_writes_add(&chain->writes, KA_WRITE_EFI_GLOBAL, NULL, "BootNext", NULL);
	if (!read_option(host, chain, number, &option))
		return false;
	look(host, &option, &target);
	if (target.reach == REACH_NOWHERE)
		return false;
	take(chain, KA_OPTION_BOOT_NEXT, number, &option, &target);
	if (target.reach == REACH_NETWORK)
		refuse_network(chain);
	return true;
}

/* An option that is in front of what loaded last time, or first of all: does it load now? */
static bool try_option(struct ka_host *host, unsigned int number, struct ka_chain *chain)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option option = { .is_active = false };
	_cleanup_(target_done) struct target target = { .partition = NULL };

	if (!read_option(host, chain, number, &option) || !option.is_active ||
	    option.is_application)
		return false;
	look(host, &option, &target);
	if (target.reach == REACH_HIDDEN && !chain->refusal)
		chain->refusal = ka_format("Boot%04X ('%s') comes first in BootOrder, and whether "
					   "its program is there cannot be seen from here: the "
					   "partition %s cannot be looked at",
					   number, option.description, option.partition);
	if (target.reach != REACH_FILE)
		return false;
	take(chain, KA_OPTION_BOOT_ORDER, number, &option, &target);
	return true;
}

/*
 * What started this machine starts the next one too, unless something outranks it. False: it cannot load
 * any more, or it leads to no partition, so that the removable path of one is what was meant.
 */
static bool take_current(struct ka_host *host, struct ka_chain *chain, unsigned int number,
			 struct ka_boot_option *option)
{
	_cleanup_(target_done) struct target target = { .partition = NULL };

	look(host, option, &target);
	if (target.reach == REACH_NOWHERE)
		return false;
	take(chain, KA_OPTION_BOOT_CURRENT, number, option, &target);
	if (target.reach == REACH_NETWORK)
		refuse_network(chain);
	return target.reach != REACH_ELSEWHERE;
}

/* The removable path of the partition that loaders use here. */
static void take_removable(struct ka_host *host, struct ka_chain *chain)
{
	_cleanup_(ka_boot_partitions_done) struct ka_boot_partitions partitions = { NULL };

	if (ka_host_boot_partitions(host, NULL, &partitions, NULL) <= 0 ||
	    ka_host_find_nocase(host, partitions.esp, ka_host_removable_path(host), &chain->path) <=
		    0)
		return;
	if (chain->from == KA_OPTION_NONE)
		chain->from = KA_OPTION_REMOVABLE;
	chain->partition = TAKE_PTR(partitions.esp);
}

void ka_firmware_choose(struct ka_host *host, struct ka_chain *chain)
{
	_cleanup_(ka_boot_option_done) struct ka_boot_option current = { .is_active = false };
	uint16_t order[OPTIONS_LIMIT], number = 0;
	size_t n = read_numbers(host, chain, "BootOrder", order, ARRAY_SIZE(order));
	bool has_current = read_numbers(host, chain, "BootCurrent", &number, 1) > 0 &&
			   read_option(host, chain, number, &current);

	if (try_next(host, chain))
		return;
	for (size_t i = 0; i < n && !(has_current && order[i] == number); i++)
		if (try_option(host, order[i], chain))
			return;
	if (has_current && take_current(host, chain, number, &current))
		return;
	for (size_t i = 0, behind = 0; i < n; i++) {
		behind |= order[i] == number;
		if (has_current && behind && order[i] != number &&
		    try_option(host, order[i], chain))
			return;
	}
	if (!chain->refusal)
		take_removable(host, chain);
}

/* --- the same program on another partition */

static bool same_path(const struct ka_boot_option *a, const struct ka_boot_option *b)
{
	return a->path && b->path && ka_casecmp(a->path, b->path) == 0;
}

/* The options of BootOrder, from the cursor on. */
static bool next_option_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
			     struct ka_chain *ret)
{
	uint16_t order[OPTIONS_LIMIT];
	struct ka_chain scratch = { .refusal = NULL };
	size_t n = read_numbers(host, &scratch, "BootOrder", order, ARRAY_SIZE(order));
	bool found = false;

	while (*cursor < n && !found) {
		_cleanup_(ka_boot_option_done) struct ka_boot_option option = { .path = NULL };
		_cleanup_(target_done) struct target target = { .partition = NULL };
		unsigned int number = order[(*cursor)++];

		if (number == chain->number || !read_option(host, &scratch, number, &option) ||
		    !option.is_active || option.is_application ||
		    !same_path(&option, &chain->option) || !option.partition ||
		    ka_streq(option.partition, chain->option.partition))
			continue;
		look(host, &option, &target);
		found = target.reach == REACH_FILE;
		if (found)
			take(ret, KA_OPTION_BOOT_ORDER, number, &option, &target);
	}
	free(scratch.refusal);
	return found;
}

/* Mounted volumes with the removable path. */
static bool next_removable_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
				struct ka_chain *ret)
{
	const char *file = ka_host_removable_path(host);
	_cleanup_strv_ char **volumes = NULL;
	size_t n = ka_host_volumes(host, &volumes) < 0 ? 0 : ka_strv_length(volumes);

	while (*cursor < n) {
		struct ka_ref ref = { volumes[(*cursor)++], (char *)file };
		_cleanup_free_ char *path = NULL;

		if (ka_host_locate(host, &ref, &path, NULL) < 0 ||
		    ka_host_stat(host, path, NULL) <= 0 || !ka_endswith(path, file))
			continue;
		ret->partition = ka_strndup(path, strlen(path) - strlen(file));
		if (ka_streq(ret->partition, chain->partition)) {
			free(ret->partition);
			ret->partition = NULL;
			continue;
		}
		ret->from = KA_OPTION_REMOVABLE;
		ret->path = TAKE_PTR(path);
		return true;
	}
	return false;
}

bool ka_firmware_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
		      struct ka_chain *ret)
{
	*ret = (struct ka_chain){ .firmware = chain->firmware };
	if (!chain->partition)
		return false;
	if (chain->from != KA_OPTION_REMOVABLE && chain->option.path)
		return next_option_twin(host, chain, cursor, ret);
	return next_removable_twin(host, chain, cursor, ret);
}
