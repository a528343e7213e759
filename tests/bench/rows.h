/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the rows of the table. Each file answers one question. Test code: runs as the user who
 * runs the bench. An error fails the running test, but a missed goal does not. */
#ifndef IDQ_BENCH_ROWS_H
#define IDQ_BENCH_ROWS_H

void rows_loading(void);  /* what the module costs a host that loads it */
void rows_code(void);     /* from pam_authenticate to the code, beside curl */
void rows_verified(void); /* from the person's approval to the host's return */
void rows_waiting(void);  /* what a login costs while nothing happens */
void rows_crowd(void);    /* many logins at once */
void rows_drawing(void);  /* a code as text, beside qrencode(1) */
void rows_relay(void);    /* a relay with 2,000 desks that wait */

#endif
