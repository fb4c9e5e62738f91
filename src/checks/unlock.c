// SPDX-License-Identifier: GPL-2.0-or-later
/* Volumes that the TPM unlocks, by what crypttab(5) says. */

#include "checks/checks.h"
#include "checks/crypttab.h"
#include "checks/pcrs.h"

#include <kexec-any/text.h>

#define PCR_VOLUMES 15 /* of tpm2-measure-pcr=yes */

/* A number ("1" too), else a boolean. */
static uint32_t parse_measured(const char *value)
{
	static const char *const yes[] = { "yes", "y", "true", "t", "on" };
	uint64_t pcr;

	if (ka_parse_u64(value, KA_N_PCRS - 1, &pcr) == 0)
		return KA_PCR(pcr);
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (ka_casecmp(value, yes[i]) == 0)
			return KA_PCR(PCR_VOLUMES);
	return 0;
}

struct volume {
	const char *name;
	bool uses_tpm;
	uint32_t bound, measured;
};

static void parse_options(char *options, struct volume *volume)
{
	char *save = NULL;

	for (char *p = strtok_r(options, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		char *value = strchr(p, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (ka_streq(p, "tpm2-device"))
			volume->uses_tpm = *value;
		else if (ka_streq(p, "tpm2-pcrs"))
			volume->bound = ka_pcrs_parse(value);
		else if (ka_streq(p, "tpm2-measure-pcr"))
			volume->measured = parse_measured(value);
	}
}

static void report_volume(struct ka_check_context *c, const struct volume *volume)
{
	static const char remedy[] = "have the passphrase at hand, or reboot cold";
	uint32_t stale = volume->uses_tpm ? volume->bound & KA_PCRS_STALE : 0;
	_cleanup_free_ char *pcrs = ka_pcrs_format(stale ? stale : volume->measured);

	if (stale) {
		ka_report(c->findings, KA_WARNING, KA_ID_TPM_UNLOCK, "/etc/crypttab", remedy,
			  "'%s' unlocks by PCR %s of the TPM, which a kexec does not measure "
			  "anew: it may ask for the passphrase",
			  volume->name, pcrs);
		return;
	}
	if (volume->measured) {
		ka_report(c->findings, KA_WARNING, KA_ID_TPM_UNLOCK, "/etc/crypttab", remedy,
			  "the key of '%s' is measured into PCR %s of the TPM, after a kexec "
			  "for the second time: what is bound to it may not unlock",
			  volume->name, pcrs);
		return;
	}
}

void ka_check_tpm(struct ka_check_context *c)
{
	_cleanup_(ka_crypttab_done) struct ka_crypttab table = ka_crypttab_open(c->host);
	struct ka_crypttab_line line;

	while (ka_crypttab_next(&table, &line)) {
		struct volume volume = { .name = line.name, .bound = KA_PCR(7) };

		if (!line.options)
			continue;
		parse_options(line.options, &volume);
		report_volume(c, &volume);
	}
}
