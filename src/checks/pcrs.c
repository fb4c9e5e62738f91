// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/pcrs.h"

#include <kexec-any/text.h>

/* Names of those that matter here (systemd-analyze pcrs). */
static const char *const names[KA_N_PCRS] = {
	[4] = "boot-loader-code", [5] = "boot-loader-config", [9] = "kernel-initrd",
	[11] = "kernel-boot",	  [12] = "kernel-config",     [15] = "system-identity",
};

/* "11", "kernel-boot", either with ":HASH" or "=VALUE" behind it. KA_N_PCRS: something else. */
static unsigned int parse(const char *text)
{
	char word[32];
	size_t n = strcspn(text, ":=");
	uint64_t number;

	if (n >= sizeof(word))
		return KA_N_PCRS;
	memcpy(word, text, n);
	word[n] = '\0';
	if (ka_parse_u64(word, KA_N_PCRS - 1, &number) == 0)
		return (unsigned int)number;
	for (unsigned int i = 0; i < KA_N_PCRS; i++)
		if (names[i] && ka_streq(names[i], word))
			return i;
	return KA_N_PCRS;
}

uint32_t ka_pcrs_parse(char *list)
{
	char *save = NULL;
	uint32_t mask = 0;

	for (char *p = strtok_r(list, "+,", &save); p; p = strtok_r(NULL, "+,", &save)) {
		unsigned int pcr = parse(p);

		if (pcr < KA_N_PCRS)
			mask |= KA_PCR(pcr);
	}
	return mask;
}

char *ka_pcrs_format(uint32_t mask)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (unsigned int i = 0; i < KA_N_PCRS; i++)
		if (mask & KA_PCR(i))
			ka_buf_addf(&buf, "%s%u", buf.len > 0 ? "+" : "", i);
	return ka_buf_take(&buf);
}
