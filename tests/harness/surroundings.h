/* SPDX-License-Identifier: BSD-3-Clause */
/* Resets the state that a test program inherits from its shell, terminal or machine. It is the same
 * for all test programs, so that no test depends on it. Test code: runs as the user who runs the
 * tests. */
#ifndef IDQ_TESTS_SURROUNDINGS_H
#define IDQ_TESTS_SURROUNDINGS_H

/* For the runner, before it starts anything. The environment keeps TMPDIR and the variables of
 * the tests and of their tools; PATH has the directories of the system at its end, TERM is xterm,
 * and the locale is C. The umask is 022, standard
 * input is empty, no other descriptor is open, each signal has its default action, and no terminal
 * controls this process. 0, or -1 with errno. */
int surroundings_begin(void);

#endif
