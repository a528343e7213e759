/* SPDX-License-Identifier: BSD-3-Clause */
/* The application runs this, often as root. */
#include "pam_idinqr/login/idle.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/wait.h"

#define SLICE_MS (60 * 60 * 1000) /* of an unlimited wait */

static int
wait_for_line(struct wait *wait, long limit_ms)
{
    for (;;) {
        wait->deadline_ms = clock_ms() + (limit_ms != IDLE_FOR_EVER ? limit_ms : SLICE_MS);
        switch (wait_for(wait, -1, SLICE_MS)) {
        case WAIT_TYPED:
            return 0;
        case WAIT_STOPPED:
            return IDQ_CANCELLED;
        case WAIT_HANGUP:
            return IDQ_HANGUP;
        case WAIT_TIMEOUT:
        case WAIT_TICK:
            if (limit_ms != IDLE_FOR_EVER)
                return 0;
            break;
        default:
            return IDQ_SYSTEM;
        }
    }
}

int
idle_wait(const struct terminal *terminal, const struct conversation *conversation,
          enum text_language language, const char *station, long limit_ms)
{
    char text[300];
    struct wait wait;
    int result = wait_begin(&wait, terminal->fd, SLICE_MS);

    text_copy(text, sizeof text, language, TEXT_IDLE, station);
    terminal_flush_input(terminal); /* not the Enter from before the screen was shown */
    wait.typing_stops = 1;
    if (result == 0)
        result = conversation_show(conversation, "\n  %s", text);
    if (result == 0)
        result = wait_for_line(&wait, limit_ms);
    terminal_flush_input(terminal); /* it did not answer the application */
    wait_end(&wait);
    return result;
}
