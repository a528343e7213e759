/* The conversation on the terminal that idinqr(1) was started from, and a login run over it. */
#ifndef IDQ_TOOL_CONSOLE_H
#define IDQ_TOOL_CONSOLE_H

#include "pam_idinqr/common/config.h"
#include "pam_idinqr/wire/messages.h"

/* Shows the code, waits, and tells how it ended, on stdout; what the administrator should know on
 * stderr. `account` may be NULL. 0 with a verified subject that the caller wipes, or an enum
 * idq_error. */
int console_login(const struct config *config, const char *service, const char *account,
                  struct result_message *ret_result);

/* Asks a question that is answered with yes or no. 1 for a clear yes only. */
int console_confirm(const char *question);

#endif
