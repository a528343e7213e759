/* SPDX-License-Identifier: BSD-3-Clause */
/* The idle screen of a console that asks for no name: nothing is asked of the network until
 * somebody is there. Runs in the host (often root); what is typed is thrown away, not read. */
#ifndef IDQ_LOGIN_IDLE_H
#define IDQ_LOGIN_IDLE_H

#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"

/* What the keyword idle may be: what comes first, this screen or a code. */
#define IDLE_ENTER "enter"
#define IDLE_CODE  "code"

#define IDLE_FOR_EVER 0

/* Says that Enter gives a code, and waits for a line to be typed, whatever it holds (the end of
 * input is one too); at most limit_ms, or IDLE_FOR_EVER. 0 when somebody is there or the time is
 * over; else IDQ_CANCELLED, IDQ_HANGUP, IDQ_CONV or IDQ_SYSTEM. The host's own alarm is not looked
 * at: it ends the host here, as it would in a prompt of the host's. */
int idle_wait(const struct terminal *terminal, const struct conversation *conversation,
              enum text_language language, const char *station, long limit_ms);

#endif
