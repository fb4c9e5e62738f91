/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A machine made on the spot, and the findings about it. */

#include "unit.h"

#include <kexec-any/findings.h>
#include <kexec-any/host.h>

static struct ka_host *host;
static struct ka_findings findings;

static inline int setup(void **state)
{
	findings = (struct ka_findings)KA_FINDINGS_INIT;
	return unit_setup(state) == 0 && ka_host_new(unit_dir, &host, NULL) == 0 ? 0 : -1;
}

static inline int teardown(void **state)
{
	ka_findings_done(&findings);
	host = ka_host_free(host);
	return unit_teardown(state);
}
