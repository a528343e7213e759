/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows the idle screen of a console that asks for no name: the module uses no network until a
 * person presses Enter. Runs in the application (often root). Typed input is discarded, not read.
 */
#ifndef IDQ_LOGIN_IDLE_H
#define IDQ_LOGIN_IDLE_H

#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"

#define IDLE_FOR_EVER 0

/* Shows that Enter gives a code, and waits for a line, whatever it contains. The end of input
 * counts as one. Waits at most limit_ms, or IDLE_FOR_EVER. Returns 0 after Enter or the limit, else
 * IDQ_CANCELLED, IDQ_HANGUP, IDQ_CONV or IDQ_SYSTEM. The application's alarm is left alone: it ends
 * the application here, as it would in the application's prompt. */
int idle_wait(const struct terminal *terminal, const struct conversation *conversation,
              enum text_language language, const char *station, long limit_ms);

#endif
