/* SPDX-License-Identifier: BSD-3-Clause */
/* What a taken-over process does, as test_forge.c tells it. The evil programs are the real ones
 * with some of their functions replaced by the linker (--wrap): the jail, so that nothing holds
 * them back, and the one that does their work. Each finds its orders in files beside it. */
#ifndef IDQ_TESTS_EVIL_H
#define IDQ_TESTS_EVIL_H

#include <stddef.h>

/* What it is to do; the earlier logins, which evil_fetch.c writes and reads; and what is public
 * anyway, such as the key that answers are checked with. */
#define EVIL_ORDER_FILE  "order"
#define EVIL_RECORD_FILE "records"
#define EVIL_PUBLIC_FILE "public"

/* The content of a file beside the program, with a closing zero; "" for one that is not there. The
 * program ends when memory is short. Never freed. */
char *evil_read(const char *name);

/* Adds a line to a file beside the program. */
void evil_append(const char *name, const char *line);

#endif
