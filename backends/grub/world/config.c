// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding grub.cfg. A core image reads the one below /boot. A program on the ESP reads the one its own
 * prefix names, or the one beside itself; that one often finds the real one and shows it. Several
 * distributions can have theirs on one ESP: which is read is what the chain says, never which is there.
 */

#include "world/config.h"

#include <kexec-any/memory.h>
#include <kexec-any/osrelease.h>
#include <kexec-any/text.h>

#include <errno.h>

static const char *const mains[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg" };
/* Below the root of the ESP: grub-install --boot-directory=ESP. */
static const char *const below_esp[] = { "/grub/grub.cfg", "/grub2/grub.cfg", "/boot/grub/grub.cfg",
					 "/boot/grub2/grub.cfg" };
static const char *const esp_mounts[] = { "/boot/efi", "/efi", "/boot" };

void grub_config_done(struct grub_config *config)
{
	free(config->stub);
	free(config->main);
	free(config->relative);
	free(config->unseen);
	free(config->doubt);
	ka_memdisk_free(config->memdisk);
	*config = (struct grub_config){ NULL };
}

char *grub_config_missing(void)
{
	return ka_format("no %s, no %s", mains[0], mains[1]);
}

char *grub_entries_alone(const char *path)
{
	return ka_format("%s is SUSE's grub2-bls, which reads no grub.cfg but the entries below "
			 "/loader/entries, by rules of its own that are not known here "
			 "(--backend=bls lists them)",
			 path);
}

void grub_config_cannot_see(struct grub_config *config, const char *what, int error)
{
	if (!config->unseen)
		config->unseen = ka_format("%s: %s", what, strerror(-error));
}

/* --- on the ESP */

/* A file on the ESP, wherever that is mounted. False: it is not there, or cannot be seen, which is kept. */
static bool find_on_esp(struct ka_host *host, const struct ka_chain *chain, const char *path,
			struct grub_config *config, char **ret)
{
	const char *const own[] = { chain->partition };
	const char *const *roots = chain->partition ? own : esp_mounts;
	size_t n = chain->partition ? ARRAY_SIZE(own) : ARRAY_SIZE(esp_mounts);

	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *whole = ka_format("%s%s", roots[i], path);
		int r = ka_host_find_nocase(host, roots[i], path, ret);

		if (r > 0)
			return true;
		if (r < 0)
			grub_config_cannot_see(config, whole, r);
	}
	return false;
}

/* Can the program that boots be a GRUB? Of another loader's its folder says nothing. */
static bool may_be_grub(const struct ka_chain *chain)
{
	enum ka_program_kind kind = chain->program.kind;

	return kind == KA_PROGRAM_GRUB || kind == KA_PROGRAM_SHIM || kind == KA_PROGRAM_UNKNOWN;
}

/* "/EFI/debian" of the GRUB that boots, on its partition; NULL: it is not known. */
static char *program_folder(const struct ka_chain *chain)
{
	const char *path = chain->path && chain->partition ? chain->path + strlen(chain->partition)
							   : chain->option.path;
	const char *slash = path && may_be_grub(chain) ? strrchr(path, '/') : NULL;

	return slash ? ka_strndup(path, (size_t)(slash - path)) : NULL;
}

/* A prefix without a device is a folder of the partition that the program is on. */
static const char *own_prefix(const struct ka_chain *chain)
{
	const char *prefix = chain->program.prefix;

	return prefix && *prefix == '/' ? prefix : NULL;
}

static bool is_removable(const char *folder)
{
	return !folder || ka_casecmp(folder, "/EFI/BOOT") == 0;
}

/* Names of vendors' folders that are not os-release's ID. */
static const char *vendor_folder(const struct ka_os_release *os)
{
	static const struct {
		const char *id, *folder;
	} names[] = {
		{ "rhel", "redhat" },
		{ "ol", "redhat" },
		{ "opensuse-leap", "opensuse" },
		{ "opensuse-tumbleweed", "opensuse" },
		{ "sles", "sles" },
		{ "elementary", "ubuntu" },
		{ "linuxmint", "ubuntu" },
		{ "zorin", "ubuntu" },
		{ "almalinux", "almalinux" },
	};

	for (size_t i = 0; os->id && i < ARRAY_SIZE(names); i++)
		if (ka_streq(names[i].id, os->id))
			return names[i].folder;
	return os->id;
}

/* All EFI/NAME/grub.cfg of the ESP. */
static char **list_stubs(struct ka_host *host, const struct ka_chain *chain,
			 struct grub_config *config)
{
	_cleanup_free_ char *efi = NULL;
	_cleanup_strv_ char **names = NULL;
	char **stubs = NULL;
	int r;

	if (!find_on_esp(host, chain, "/EFI", config, &efi))
		return NULL;
	r = ka_host_list(host, efi, &names, NULL);
	if (r < 0)
		grub_config_cannot_see(config, efi, r);
	for (char **p = r == 0 ? names : NULL; p && *p; p++) {
		_cleanup_free_ char *folder = ka_format("%s/%s", efi, *p),
				    *path = ka_format("%s/grub.cfg", folder);
		char *found = NULL;

		r = ka_host_find_nocase(host, folder, "/grub.cfg", &found);
		if (r > 0)
			ka_strv_add_take(&stubs, found);
		else if (r < 0)
			grub_config_cannot_see(config, path, r);
	}
	return stubs;
}

/* Which of several stubs, where no program says: the distribution's own folder. NULL: nobody knows. */
static char *stub_of_vendor(struct ka_host *host, char *const *stubs)
{
	_cleanup_(ka_os_release_done) struct ka_os_release os = { NULL };
	_cleanup_free_ char *end = NULL;

	if (ka_host_os_release(host, &os) <= 0 || !vendor_folder(&os))
		return NULL;
	end = ka_format("/%s/grub.cfg", vendor_folder(&os));
	for (; *stubs; stubs++)
		if (ka_endswith_nocase(*stubs, end))
			return ka_strdup(*stubs);
	return NULL;
}

/*
 * No file where the program would read one. On the removable path, or when the program is not known, the
 * only one there is counts; else another system's lies there, and this program reads one elsewhere.
 */
static void find_other_stub(struct ka_host *host, const struct ka_chain *chain, const char *folder,
			    struct grub_config *config)
{
	_cleanup_strv_ char **stubs = list_stubs(host, chain, config);

	if (!stubs)
		return;
	if (!is_removable(folder)) {
		if (!chain->program.prefix)
			config->doubt = ka_format(
				"Boot%04X ('%s') starts the GRUB in %s, which has no grub.cfg beside "
				"it, and where its own one is cannot be told; %s is another's",
				chain->number, chain->option.description, folder, stubs[0]);
		return;
	}
	if (!stubs[1])
		config->stub = ka_strdup(stubs[0]);
	else
		config->stub = stub_of_vendor(host, stubs);
	if (!config->stub)
		config->doubt =
			ka_format("the ESP has several of GRUB's configurations (%s, %s), and "
				  "nothing tells which one is read",
				  stubs[0], stubs[1]);
}

/* By its name, where its bytes do not tell. */
static bool is_entries_alone(const struct ka_chain *chain, const char **ret)
{
	*ret = chain->path ? chain->path : chain->option.path;
	return *ret && ka_endswith_nocase(*ret, "/grubbls.efi");
}

static void find_stub(struct ka_host *host, const struct ka_chain *chain,
		      struct grub_config *config)
{
	_cleanup_free_ char *folder = program_folder(chain), *path = NULL;
	const char *prefix = own_prefix(chain) ? own_prefix(chain) : folder, *program;

	if (chain->firmware != KA_FIRMWARE_UEFI)
		return;
	if (is_entries_alone(chain, &program)) {
		config->doubt = grub_entries_alone(program);
		return;
	}
	path = ka_format("%s/grub.cfg", prefix ? prefix : "");
	if (prefix && find_on_esp(host, chain, path, config, &config->stub))
		return;
	if (!config->unseen)
		find_other_stub(host, chain, folder, config);
}

/* --- the program itself */

static void find_core(struct ka_host *host, const struct ka_chain *chain,
		      struct grub_config *config)
{
	const struct ka_program *program = &chain->program;

	if (chain->firmware != KA_FIRMWARE_UEFI || program->kind != KA_PROGRAM_GRUB ||
	    !program->is_whole || !chain->path || !chain->partition)
		return;
	config->core = chain;
	if (program->memdisk_size > 0)
		config->memdisk_error =
			ka_memdisk_open(host, chain->path, program, &config->memdisk);
}

/* --- below /boot */

/* Two names of one file are one. */
static bool is_same_file(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return ka_host_canonical(host, a, &x) >= 0 && ka_host_canonical(host, b, &y) >= 0 &&
	       ka_streq(x, y);
}

/* Add a configuration that is there, unless it is one of those found before under another name. */
static void add_main(struct ka_host *host, const char *path, char ***found)
{
	/* Where that cannot be told it may be: reading it will tell. */
	if (ka_host_stat(host, path, NULL) == 0)
		return;
	for (char **p = *found; p && *p; p++)
		if (is_same_file(host, *p, path))
			return;
	ka_strv_add(found, path);
}

/* Other tools drop a grub.cfg too; an installed GRUB has its modules beside it. NULL: that tells nothing. */
static const char *with_modules(struct ka_host *host, char *const *found,
				struct grub_config *config)
{
	const char *only = NULL;
	size_t n = 0;

	for (; *found; found++) {
		int r = grub_target_has_module(host, *found, "normal");

		if (r < 0)
			grub_config_cannot_see(config, "the modules beside grub.cfg", r);
		if (r <= 0)
			continue;
		only = *found;
		n++;
	}
	return n == 1 ? only : NULL;
}

/* Is the list of proxmox-boot-tool's ESPs there, and not empty? */
static bool has_proxmox_list(struct ka_host *host)
{
	struct stat st;

	return ka_host_stat(host, KA_PROXMOX_LIST, &st) > 0 && st.st_size > 0;
}

/* May the program that boots be the tool's? Another folder's GRUB is another's. */
static bool is_proxmox(struct ka_host *host, const struct ka_chain *chain)
{
	_cleanup_free_ char *folder = program_folder(chain);

	if (!has_proxmox_list(host))
		return false;
	if (chain->firmware == KA_FIRMWARE_BIOS)
		return chain->partition != NULL;
	return is_removable(folder) || ka_casecmp(folder, "/EFI/proxmox") == 0;
}

/*
 * proxmox-boot-tool's GRUB has its whole /boot on an ESP, where EFI's program finds it by itself, and the chain says
 * which with BIOS. What is below the root's /boot is for listing alone then. True: this is it.
 */
static bool find_proxmox(struct ka_host *host, const struct ka_chain *chain,
			 struct grub_config *config)
{
	_cleanup_free_ char *path = NULL;
	int r = 0;

	if (!is_proxmox(host, chain))
		return false;
	path = ka_format("%s%s", chain->partition ? chain->partition : "an ESP's ", below_esp[0]);
	if (chain->firmware == KA_FIRMWARE_BIOS)
		r = ka_host_stat(host, path, NULL);
	if (r < 0)
		grub_config_cannot_see(config, path, r);
	if (r > 0)
		config->main = ka_strdup(path);
	else if (!config->stub && !config->doubt)
		config->doubt = ka_format("GRUB reads the ESPs of proxmox-boot-tool "
					  "(" KA_PROXMOX_LIST "), and %s is not to be seen here",
					  path);
	return r > 0;
}

static void find_main(struct ka_host *host, const struct ka_chain *chain,
		      struct grub_config *config)
{
	_cleanup_strv_ char **found = NULL;
	const char *only;

	if (find_proxmox(host, chain, config))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(mains); i++)
		add_main(host, mains[i], &found);
	for (size_t i = 0; i < ARRAY_SIZE(below_esp); i++) {
		_cleanup_free_ char *path = NULL;

		if (chain->firmware == KA_FIRMWARE_UEFI &&
		    find_on_esp(host, chain, below_esp[i], config, &path))
			add_main(host, path, &found);
	}
	if (!found)
		return;
	only = found[1] ? with_modules(host, found, config) : found[0];
	config->main = ka_strdup(only ? only : found[0]);
	if (!only && !config->stub && !config->doubt)
		config->doubt = ka_format("there are two GRUB configurations, %s and %s, and "
					  "nothing here tells which one the firmware starts",
					  found[0], found[1]);
}

bool grub_config_find(struct ka_host *host, const struct ka_chain *chain, struct grub_config *ret)
{
	const char *path;
	int r;

	*ret = (struct grub_config){ NULL };
	r = ka_host_stat(host, "/sys/firmware/efi", NULL);
	if (r < 0)
		grub_config_cannot_see(ret, "/sys/firmware/efi", r);
	find_core(host, chain, ret);
	find_stub(host, chain, ret);
	find_main(host, chain, ret);
	path = ret->main ? ret->main : ret->stub ? ret->stub : ret->core ? chain->path : NULL;
	if (!path)
		return false;
	ret->dialect = grub_config_dialect(host, chain, path, ret);
	if (ret->dialect->has_subvolumes && ret->main)
		grub_config_find_relative(host, ret);
	r = grub_target_find(host, path, &ret->target);
	if (r < 0)
		grub_config_cannot_see(ret, "processor and firmware of this machine", r);
	return true;
}
