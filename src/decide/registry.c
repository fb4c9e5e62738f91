// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of backends. Between two that are present with the same strength of evidence, the
 * upper one is in charge; each row says why it stands where it stands.
 */

#include "decide/registry.h"

extern const struct ka_backend ka_backend_bls;
extern const struct ka_backend ka_backend_debian;
extern const struct ka_backend ka_backend_extlinux;
extern const struct ka_backend ka_backend_firmware;
extern const struct ka_backend ka_backend_grub;
extern const struct ka_backend ka_backend_nixos;

const struct ka_backend *const ka_backends[] = {
	&ka_backend_nixos,    /* decrees what boots, whatever loader does it */
	&ka_backend_firmware, /* there only when the firmware starts a kernel by itself */
	&ka_backend_grub,     /* the loader of most machines */
	&ka_backend_bls, /* its files are often there beside GRUB, which then reads them itself */
	&ka_backend_extlinux, /* its configuration is left behind where another loader came later */
	&ka_backend_debian,   /* last: plain files and links, the configuration of no loader */
	NULL,
};

const struct ka_backend *ka_backend_by_name(const char *name)
{
	for (size_t i = 0; ka_backends[i]; i++)
		if (ka_streq(ka_backends[i]->name, name))
			return ka_backends[i];
	return NULL;
}
