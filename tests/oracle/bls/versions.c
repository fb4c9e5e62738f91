// SPDX-License-Identifier: GPL-2.0-or-later
/* Pairs of versions, one a line with a tab between, on standard input; "A < B" and so on for each on
 * standard output, as "systemd-analyze compare-versions" prints them. */

#include "bls.h"

#include <stdio.h>

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		char *tab = strchr(line, '\t');
		int c;

		line[strcspn(line, "\n")] = '\0';
		if (!tab)
			return 1;
		*tab = '\0';
		c = bls_compare_versions(line, tab + 1);
		printf("%s %s %s\n", line, c < 0 ? "<" : c > 0 ? ">" : "==", tab + 1);
	}
	return 0;
}
