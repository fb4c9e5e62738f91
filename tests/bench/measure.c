// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run commands in turn, so often, and print of each the shortest time and the largest memory:
 *
 *     measure RUNS COMMAND...        (each a line for sh -c)
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds and KiB; ends the program when the command fails. */
static double run_once(const char *command, long *ret_kib)
{
	double start = now();
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		fprintf(stderr, "measure: %s failed\n", command);
		exit(1);
	}
	*ret_kib = usage.ru_maxrss;
	return now() - start;
}

int main(int argc, char **argv)
{
	int runs = argc > 2 ? atoi(argv[1]) : 0;
	double *best = calloc((size_t)argc, sizeof(*best));
	long *peak = calloc((size_t)argc, sizeof(*peak));

	if (runs < 1 || !best || !peak)
		return 2;
	for (int run = 0; run < runs; run++)
		for (int i = 2; i < argc; i++) {
			long kib;
			double time = run_once(argv[i], &kib);

			if (run == 0 || time < best[i])
				best[i] = time;
			if (kib > peak[i])
				peak[i] = kib;
		}
	for (int i = 2; i < argc; i++)
		printf("%.1f %ld %s\n", best[i], peak[i], argv[i]);
	return 0;
}
