// SPDX-License-Identifier: GPL-2.0-or-later
/* The dialects there are. */

#include "state/dialect.h"

const struct grub_dialect grub_upstream = { .name = "upstream" };
const struct grub_dialect grub_upstream_bls = {
	.name = "upstream 2.14",
	.bls = GRUB_BLS_UPSTREAM,
};
const struct grub_dialect grub_suse = { .name = "suse", .has_subvolumes = true };
const struct grub_dialect grub_suse_bls = {
	.name = "suse 2.14",
	.bls = GRUB_BLS_UPSTREAM,
	.has_subvolumes = true,
};
const struct grub_dialect grub_rhel7 = { .name = "Red Hat (RHEL 7)", .keeps_hex = true };
const struct grub_dialect grub_rhel8 = {
	.name = "Red Hat (RHEL 8)",
	.redhat_default = true,
	.has_increment = true,
	.keeps_hex = true,
	.optional_users = true,
	.bls = GRUB_BLS_RHEL8,
};

#define FEDORA                                                                                     \
	.redhat_default = true, .inherits_all = true, .has_increment = true, .keeps_hex = true,    \
	.optional_users = true, .bls = GRUB_BLS_REDHAT

const struct grub_dialect grub_fedora_old = { .name = "Red Hat (Fedora 31 to 42)", FEDORA };
const struct grub_dialect grub_fedora = {
	.name = "Red Hat (Fedora 43 and 44, RHEL 9)",
	FEDORA,
	.status_decides = true,
};
const struct grub_dialect grub_fedora_efi = {
	.name = "Red Hat (Fedora 45, RHEL 10)",
	FEDORA,
	.status_decides = true,
	.bls_efi = true,
};
