// SPDX-License-Identifier: GPL-2.0-or-later
/* Pairs of versions, one a line with a tab between, on standard input; "A < B" and so on for each on
 * standard output, in the order of systemd or of Debian's linux-version. An empty one is ''. */

#include "bls.h"
#include "debian.h"

#include <stdio.h>

static const char *shown(const char *version)
{
	return *version ? version : "''";
}

int main(int argc, char *argv[])
{
	bool is_debian = argc == 2 && strcmp(argv[1], "debian") == 0;
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		char *tab = strchr(line, '\t');
		int c;

		line[strcspn(line, "\n")] = '\0';
		if (!tab)
			return 1;
		*tab = '\0';
		c = is_debian ? debian_compare_versions(line, tab + 1)
			      : bls_compare_versions(line, tab + 1);
		printf("%s %s %s\n", shown(line), c < 0 ? "<" : c > 0 ? ">" : "==", shown(tab + 1));
	}
	return 0;
}
