/* SPDX-License-Identifier: BSD-3-Clause */
/* One login at a relay (relay_server.h): as the desk, and as the phone. Test code: an error of the
 * harness fails the running test. */
#ifndef IDQ_TESTS_RELAY_LOGIN_H
#define IDQ_TESTS_RELAY_LOGIN_H

#include "tests/harness/desk.h"
#include "tests/harness/relay_server.h"

/* "expiration" of a code that lives so many seconds. Kept. */
char *relay_time_in(int lifetime_s);

/* Of each code here, and of the questions about it. */
#define RELAY_NONCE "0123456789abcdef0123456789abcdef"

/* What the desks tell about the logins of the next codes. */
extern const char *relay_station, *relay_account;

/* A code of this desk, that lives so many seconds. */
struct relay_code {
    char id[64];
    char link[256]; /* or, of a QR backend, the address of its picture */
    int desk;
};
long relay_code_try(struct relay_server *server, int desk, int lifetime_s,
                    struct relay_code *ret_code); /* the HTTP status; ret_code after 200 */
void relay_code_generate(struct relay_server *server, int desk, int lifetime_s,
                         struct relay_code *ret_code);

/* The same in another process, as relay_code_status_begin. relay_wait_end returns the HTTP status.
 */
struct relay_wait;
void relay_code_generate_begin(struct relay_server *server, int desk, struct relay_wait *ret_wait);

/* Asks for the status, which the relay may hold for wait_s. `number`: typed at the desk, or NULL.
 * Returns the status word, kept, and "tries_left" or "identity" behind a blank: "number 3". */
char *relay_code_status(struct relay_server *server, const struct relay_code *code, int wait_s,
                        const char *number);

/* The same in another process. Returns when the relay has the request. relay_wait_end
 * returns the answer: "no answer" if the relay was killed. */
struct relay_wait {
    pid_t pid;
    int fd;
};
void relay_code_status_begin(struct relay_server *server, const struct relay_code *code, int wait_s,
                             struct relay_wait *ret_wait);
char *relay_wait_end(struct relay_wait *wait, int timeout_ms); /* kept */

/* --- as a phone ------------------------------------------------------------------------------ */

/* Opens the code, chooses a bank, and goes to its page. */
void relay_phone_to_bank(struct phone *phone, const struct relay_code *code);

/* On the bank's page: approves as this person, or refuses. The bank is done: its page leads back.
 */
void relay_phone_at_bank(struct phone *phone, const char *person, const char *answer);

/* Goes back to the relay. Returns the HTTP status of its page. */
long relay_phone_return(struct phone *phone);

/* The same, or a press of the page's first button, in another process. relay_wait_end returns the
 * status as text. */
void relay_phone_return_begin(struct phone *phone, struct relay_wait *ret_wait);
void relay_phone_press_begin(struct phone *phone, struct relay_wait *ret_wait);

/* Opens the code and chooses a bank, without going there. */
void relay_phone_to_banks(struct phone *phone, const struct relay_code *code);

/* All of it, as anna. `ret_number` may be NULL, as without a number. */
void relay_phone_approve(struct phone *phone, const struct relay_code *code, char ret_number[7]);

/* --- the test's own: one relay, one phone, and one code of balie-1 ---------------------------- */

#define RELAY_LIFETIME_S 170

extern struct relay_server *relay_here;
extern struct phone *relay_phone;
extern struct relay_code relay_code;

/* options: or NULL. */
void relay_login_begin(const struct relay_options *options);
void relay_login_begin_with_fault(const char *fault); /* of the sandbox */
void relay_login_end(void);

/* Returns the first value of a query of the relay's database, or "". Kept. */
char *relay_sql(const char *query);
void relay_wait_sql(const char *query); /* until it has a row */

/* Gives a desk the configuration that `desk add` printed for balie-1. Its sandbox is then unused,
 * and its map stays. */
void relay_login_configure(const struct desk *desk);

/* These fail the running test. `number`: or NULL. */
void relay_status_must_be(const char *status);
void relay_must_become(struct relay_server *server, const char *status); /* in time */
void relay_must_succeed(const char *number);
void relay_page_must_say(const char *text);
void relay_log_must_say(const char *text);

#endif
