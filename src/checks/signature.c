// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Will the running kernel accept the signature of the next one, if it asks for one? It does when it is
 * locked down (Secure Boot), and when it was built or told to (kernel/kexec_file.c,
 * security/integrity/ima/ima_efi.c).
 */

#include "checks/checks.h"
#include "checks/config.h"
#include "kexec/keyrings.h"
#include "kexec/state.h"

#include <kexec-any/text.h>

#include <errno.h>

static const char signed_kernel[] = "take the distribution's signed kernel, or reboot cold";

/*
 * Why the running kernel demands a signature, for people; NULL: it does not, or that is not known.
 * ret_forbids: and why kexec_load is forbidden with it; not by CONFIG_KEXEC_SIG_FORCE.
 */
static void find_demand(struct ka_check_context *c, const char **ret, bool *ret_forbids)
{
	const char *config = ka_config_read(c, KA_KERNEL_RUNNING);
	/* Without it the file call has no question to the lockdown (kimage_validate_signature()). */
	bool asks = c->plan->image.needs_kexec_load || !config ||
		    !ka_config_has(config, "# CONFIG_KEXEC_SIG is not set");

	*ret = NULL;
	*ret_forbids = true;
	if (asks && ka_kexec_is_locked_down(c->host)) {
		*ret = ka_host_secure_boot(c->host) == KA_YES
			       ? "the running kernel is locked down (Secure Boot)"
			       : "the running kernel is locked down";
		return;
	}
	if (!config)
		return;
	if (ka_config_has(config, "CONFIG_IMA_ARCH_POLICY=y") &&
	    ka_config_has(config, "CONFIG_KEXEC_SIG=y") && ka_host_secure_boot(c->host) == KA_YES) {
		*ret = "the running kernel takes signed kernels only (Secure Boot, "
		       "CONFIG_IMA_ARCH_POLICY)";
		return;
	}
	*ret_forbids = false;
	if (ka_config_has(config, "CONFIG_KEXEC_SIG_FORCE=y"))
		*ret = "the running kernel takes signed kernels only (CONFIG_KEXEC_SIG_FORCE)";
}

static void report_trust(struct ka_check_context *c, const char *demand)
{
	const struct ka_signature *s = &c->plan->image.signature;
	const char *path = c->plan->kernel.path, *issuer = s->issuer ? s->issuer : "unknown";

	switch (ka_keyrings_find(c->host, s->key_ids, s->revocations)) {
	case KA_KEY_TRUSTED:
		return;
	case KA_KEY_ABSENT: {
		ka_report(c->findings, KA_ERROR, KA_ID_KERNEL_UNTRUSTED, path,
			  "enroll the key (mokutil --import), take the distribution's "
			  "signed kernel, or reboot cold",
			  "%s, and the image is signed by '%s' (issued by '%s'), whose key "
			  "is in none of its keyrings",
			  demand, s->signer, issuer);
		return;
	}
	case KA_KEY_REVOKED: {
		ka_report(c->findings, KA_ERROR, KA_ID_KERNEL_REVOKED, path, signed_kernel,
			  "%s, and the key or certificate of '%s' (issued by '%s'), which "
			  "signed the image, or of an issuer is revoked",
			  demand, s->signer, issuer);
		return;
	}
	default: {
		ka_report(c->findings, KA_WARNING, KA_ID_KERNEL_UNTRUSTED, path, "run it as root",
			  "%s; whether it trusts '%s' (issued by '%s'), which signed the "
			  "image, cannot be seen in /proc/keys",
			  demand, s->signer, issuer);
		return;
	}
	}
}

/* Secure Boot locks a kernel down, unless it was built without; what it says of that is not to be seen. */
static void check_unseen(struct ka_check_context *c)
{
	static const char path[] = "/sys/kernel/security/lockdown";

	/* Beside the first there is the second, in a kernel that can be locked down. */
	if (ka_host_secure_boot(c->host) != KA_YES ||
	    ka_host_seems_there(c->host, "/sys/kernel/security/lsm") ||
	    ka_host_seems_there(c->host, path))
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_LOCKDOWN, path,
		  "mount -t securityfs securityfs /sys/kernel/security",
		  "Secure Boot is on, and whether the running kernel is locked down cannot be "
		  "seen: then it refuses this image, which carries no signature");
}

void ka_check_signature(struct ka_check_context *c)
{
	const struct ka_image *image = &c->plan->image;
	const char *path = c->plan->kernel.path, *demand;
	bool forbids;

	if (image->kind == KA_IMAGE_UNKNOWN)
		return;
	if (image->signature.signer)
		ka_report(c->findings, KA_INFO, KA_ID_KERNEL_SIGNED, path, NULL,
			  "signed by '%s', issued by '%s'", image->signature.signer,
			  image->signature.issuer);
	find_demand(c, &demand, &forbids);
	if (!demand) {
		if (!image->is_signed)
			check_unseen(c);
		return;
	}
	if (image->needs_kexec_load) {
		if (forbids)
			ka_report(c->findings, KA_ERROR, KA_ID_LOCKDOWN, path, signed_kernel,
				  "%s, which forbids kexec_load", demand);
		return;
	}
	/* Of signatures behind the file s390x asks only after a secure IPL, ppc64le by IMA's rules. */
	if (!image->is_signed) {
		ka_report(c->findings, image->appends_signature ? KA_WARNING : KA_ERROR,
			  KA_ID_LOCKDOWN, path, signed_kernel,
			  "%s, and the image carries no signature", demand);
		return;
	}
	/* Without the signer's certificate only the kernel can tell. */
	if (image->signature.signer)
		report_trust(c, demand);
}
