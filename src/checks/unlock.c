// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Volumes that the TPM unlocks (crypttab(5)). A kexec resets no PCR: what the boot loader and its
 * partition table (4, 5), GRUB (8, 9) and systemd-stub (12) measured is from the last boot through
 * the firmware, while boot phases (11) and volume keys (15) are measured once more on top.
 */

#include "checks/checks.h"

#include <kexec-any/text.h>

#define CRYPTTAB_LIMIT (1u << 20)
#define N_PCRS	       24

#define PCR(n)	    (1u << (n))
#define PCRS_STALE  (PCR(4) | PCR(5) | PCR(8) | PCR(9) | PCR(11) | PCR(12) | PCR(15))
#define PCR_VOLUMES 15 /* of tpm2-measure-pcr=yes */

/* The names systemd 255 and newer take in the place of numbers. */
static const char *const pcr_names[N_PCRS] = {
	[4] = "boot-loader-code", [5] = "boot-loader-config", [9] = "kernel-initrd",
	[11] = "kernel-boot",	  [12] = "kernel-config",     [15] = "system-identity",
};

/* "11", "kernel-boot", either with ":HASH" or "=VALUE" behind it. N_PCRS: something else. */
static unsigned int parse_pcr(const char *text)
{
	char word[32];
	size_t n = strcspn(text, ":=");
	uint64_t number;

	if (n >= sizeof(word))
		return N_PCRS;
	memcpy(word, text, n);
	word[n] = '\0';
	if (ka_parse_u64(word, N_PCRS - 1, &number) == 0)
		return (unsigned int)number;
	for (unsigned int i = 0; i < N_PCRS; i++)
		if (pcr_names[i] && ka_streq(pcr_names[i], word))
			return i;
	return N_PCRS;
}

/* "7+11" */
static uint32_t parse_pcrs(char *list)
{
	char *save = NULL;
	uint32_t mask = 0;

	for (char *p = strtok_r(list, "+", &save); p; p = strtok_r(NULL, "+", &save)) {
		unsigned int pcr = parse_pcr(p);

		if (pcr < N_PCRS)
			mask |= PCR(pcr);
	}
	return mask;
}

/* A number ("1" too), else a boolean. */
static uint32_t parse_measured(const char *value)
{
	static const char *const yes[] = { "yes", "y", "true", "t", "on" };
	uint64_t pcr;

	if (ka_parse_u64(value, N_PCRS - 1, &pcr) == 0)
		return PCR(pcr);
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcasecmp(value, yes[i]) == 0)
			return PCR(PCR_VOLUMES);
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
			volume->bound = parse_pcrs(value);
		else if (ka_streq(p, "tpm2-measure-pcr"))
			volume->measured = parse_measured(value);
	}
}

/* "NAME DEVICE KEY OPTIONS". False: no volume, or one without options. */
static bool parse_line(char *line, struct volume *ret)
{
	char *save = NULL, *options = NULL;

	*ret = (struct volume){ .name = strtok_r(line, " \t", &save) };
	if (!ret->name || *ret->name == '#')
		return false;
	for (int i = 0; i < 3; i++)
		options = strtok_r(NULL, " \t", &save);
	if (!options)
		return false;
	ret->bound = PCR(7);
	parse_options(options, ret);
	return true;
}

/* "4+11" */
static char *format_pcrs(uint32_t mask)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (unsigned int i = 0; i < N_PCRS; i++)
		if (mask & PCR(i) && ka_buf_addf(&buf, "%s%u", buf.len > 0 ? "+" : "", i) < 0)
			return NULL;
	return ka_buf_take(&buf);
}

static int report_volume(struct ka_check_context *c, const struct volume *volume)
{
	static const char remedy[] = "have the passphrase at hand, or reboot cold";
	uint32_t stale = volume->uses_tpm ? volume->bound & PCRS_STALE : 0;
	_cleanup_free_ char *pcrs = format_pcrs(stale ? stale : volume->measured);

	if (!pcrs)
		return -ENOMEM;
	if (stale)
		return ka_report(
			c->findings, KA_WARNING, "tpm-unlock", "/etc/crypttab", remedy,
			"'%s' unlocks by PCR %s of the TPM, which a kexec does not measure "
			"anew: it may ask for the passphrase",
			volume->name, pcrs);
	if (volume->measured)
		return ka_report(
			c->findings, KA_WARNING, "tpm-unlock", "/etc/crypttab", remedy,
			"the key of '%s' is measured into PCR %s of the TPM, after a kexec "
			"for the second time: what is bound to it may not unlock",
			volume->name, pcrs);
	return 0;
}

int ka_check_tpm(struct ka_check_context *c)
{
	_cleanup_free_ char *text = NULL;
	struct volume volume;
	char *cursor, *line;
	int r;

	r = ka_host_read(c->host, "/etc/crypttab", CRYPTTAB_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (cursor = text; r == 0 && (line = ka_next_line(&cursor));)
		if (parse_line(line, &volume))
			r = report_volume(c, &volume);
	return r;
}
