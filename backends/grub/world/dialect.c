// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose GRUB it is, by evidence: the modules in the program that boots, then those beside grub.cfg (GRUB
 * loads the ones it was installed with); and the version that the program or the distribution gives
 * itself. Fedora's patch set has the module blscfg, also beside upstream's blsuki; blsuki alone came with
 * 2.14.
 */

#include "world/config.h"

#include <kexec-any/osrelease.h>
#include <kexec-any/text.h>

#include <errno.h>

#define CONFIG_LIMIT (4u << 20)

static bool has_module(struct ka_host *host, const char *path, const char *module,
		       struct grub_config *config)
{
	int r = grub_target_has_module(host, path, module);

	if (r < 0)
		grub_config_cannot_see(config, "the modules beside grub.cfg", r);
	return r > 0;
}

/* --- Red Hat's patch set, by its version */

/* "el9", "fc43", "amzn2023": what packages of that family carry in their versions, and PLATFORM_ID. */
static const struct {
	const char *release;
	const struct grub_dialect *dialect;
} exact[] = {
	{ "el7", &grub_rhel7 },		{ "el8", &grub_rhel8 },
	{ "al8", &grub_rhel8 },		{ "oc8", &grub_rhel8 },
	{ "el9", &grub_fedora },	{ "el10", &grub_fedora_efi },
	{ "al2023", &grub_fedora_old }, { "amzn2023", &grub_fedora_old },
};

static const struct grub_dialect *by_fedora(unsigned long version)
{
	if (version >= 45)
		return &grub_fedora_efi;
	if (version >= 43)
		return &grub_fedora;
	return version >= 31 ? &grub_fedora_old : &grub_upstream;
}

/* One word as it stands in PLATFORM_ID or behind a dot of a package's version. NULL: not one of these. */
static const struct grub_dialect *by_release(const char *text)
{
	size_t n = strcspn(text, "._-+~");
	const char *number;

	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (strlen(exact[i].release) == n && strncmp(exact[i].release, text, n) == 0)
			return exact[i].dialect;
	number = ka_startswith(text, "fc") ? ka_startswith(text, "fc") : ka_startswith(text, "f");
	if (number && *number >= '1' && *number <= '9')
		return by_fedora(strtoul(number, NULL, 10));
	return NULL;
}

static const struct grub_dialect *by_package_version(const char *version)
{
	const struct grub_dialect *dialect = NULL;

	for (const char *p = version ? strchr(version, '.') : NULL; p && !dialect;
	     p = strchr(p + 1, '.'))
		dialect = by_release(p + 1);
	return dialect;
}

static const struct grub_dialect *by_os_release(const struct ka_os_release *os)
{
	unsigned long version = os->version_id ? strtoul(os->version_id, NULL, 10) : 0;
	const struct grub_dialect *dialect = os->platform_id ? by_release(os->platform_id) : NULL;

	if (dialect)
		return dialect;
	/* Fedora's development branch has no version. */
	if (version == 0)
		return os->id && ka_streq(os->id, "fedora") ? &grub_fedora_efi : NULL;
	if (ka_os_release_is_like(os, "rhel") && version <= 10)
		return version == 10  ? &grub_fedora_efi
		       : version == 9 ? &grub_fedora
		       : version == 8 ? &grub_rhel8
		       : version == 7 ? &grub_rhel7
				      : NULL;
	/* A remix counts as Fedora does (Bazzite 43), an own count of versions says nothing. */
	return ka_os_release_is_like(os, "fedora") && version >= 20 ? by_fedora(version) : NULL;
}

/* The version where it can be seen; the newest rules that most of them share where not. */
static const struct grub_dialect *choose_redhat(const struct ka_chain *chain,
						const struct ka_os_release *os)
{
	const struct grub_dialect *dialect = by_package_version(chain->program.version);

	if (!dialect)
		dialect = by_os_release(os);
	return dialect && dialect->bls != GRUB_BLS_NONE ? dialect : &grub_fedora;
}

/* --- all together */

static bool calls_blscfg(struct ka_host *host, const char *config)
{
	_cleanup_free_ char *text = NULL;

	if (ka_host_read(host, config, CONFIG_LIMIT, &text, NULL, NULL) < 0)
		return false;
	for (const char *p = text; (p = strstr(p, "blscfg")); p++) {
		const char *line = p;

		while (line > text && line[-1] != '\n')
			line--;
		if (line[strspn(line, " \t")] != '#' && (p == line || strchr(" \t;", p[-1])))
			return true;
	}
	return false;
}

/* SUSE's has upstream's language, and paths of its own: what the program says, else the distribution. */
static bool is_suse(const struct ka_chain *chain, const struct ka_os_release *os)
{
	static const char *const vendors[] = { "opensuse", "sles", "sle", "suse" };
	const char *vendor = chain->program.vendor;

	if (!vendor)
		return ka_os_release_is_like(os, "suse") || ka_os_release_is_like(os, "opensuse") ||
		       (os->id &&
			(ka_startswith(os->id, "opensuse") || ka_startswith(os->id, "sle")));
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (ka_casecmp(vendor, vendors[i]) == 0)
			return true;
	return false;
}

static const struct grub_dialect *choose_upstream(const struct ka_chain *chain,
						  const struct ka_os_release *os, bool bls)
{
	if (is_suse(chain, os))
		return bls ? &grub_suse_bls : &grub_suse;
	return bls ? &grub_upstream_bls : &grub_upstream;
}

const struct grub_dialect *grub_config_dialect(struct ka_host *host, const struct ka_chain *chain,
					       const char *path, struct grub_config *config)
{
	_cleanup_(ka_os_release_done) struct ka_os_release os = { NULL };
	const bool known = chain->program.modules != NULL;
	const struct grub_dialect *dialect = NULL;
	int r;

	r = ka_host_os_release(host, &os);
	if (r < 0)
		grub_config_cannot_see(config, "/etc/os-release", r);
	if (known && ka_program_has_module(&chain->program, "blscfg"))
		return choose_redhat(chain, &os);
	if (known && ka_program_has_module(&chain->program, "blsuki"))
		return choose_upstream(chain, &os, true);
	if (has_module(host, path, "blscfg", config))
		return choose_redhat(chain, &os);
	if (has_module(host, path, "blsuki", config))
		return choose_upstream(chain, &os, true);
	if (known || has_module(host, path, "normal", config))
		return by_os_release(&os) == &grub_rhel7 ? &grub_rhel7
							 : choose_upstream(chain, &os, false);
	/* Neither program nor modules can be seen: the distribution's word. */
	config->dialect_guessed = !os.id;
	if (ka_os_release_is_like(&os, "fedora") || ka_os_release_is_like(&os, "rhel"))
		dialect = by_os_release(&os);
	if (dialect && dialect->bls != GRUB_BLS_NONE && !calls_blscfg(host, path) &&
	    !ka_streq(os.id ? os.id : "", "fedora") && !ka_os_release_is_like(&os, "rhel"))
		return &grub_upstream;
	if (!dialect &&
	    (ka_os_release_is_like(&os, "fedora") || ka_os_release_is_like(&os, "rhel")) &&
	    calls_blscfg(host, path))
		return &grub_fedora;
	return dialect ? dialect : choose_upstream(chain, &os, false);
}
