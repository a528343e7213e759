/* SPDX-License-Identifier: BSD-3-Clause */
/* The wall clock of this test program, and of the module in it, put forward or back while a login
 * runs. The agent is another process, with an empty environment, and is not reached: a clock that
 * is wrong as the agent sees it is a backend whose clock is. Test code, in one thread. */
#ifndef IDQ_TESTS_WALL_CLOCK_H
#define IDQ_TESTS_WALL_CLOCK_H

/* From now on time(2) and CLOCK_REALTIME are this far ahead of the machine's. */
void wall_clock_jump(long seconds);

#endif
