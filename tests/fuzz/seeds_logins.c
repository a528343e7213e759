/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole logins: who enters what, which call fails, and what the agent does. See seeds.h,
 * fuzz_authenticate.c for the form, scripted_agent.h for the steps. */
#include "tests/fuzz/seeds.h"

#include "tests/fuzz/login/failing_calls.h"
#include "tests/fuzz/login/scripted_agent.h"
#include "tests/fuzz/target.h"

#include <stdio.h>

enum {
    NOBODY = 0,
    ALICE = 1,
    BOB = 2,
    MALLORY = 3,
    SUDO = 0,
    SSHD = 4,
    LOGIN = 8,
    POLKIT = 12,
    TTY = 16
};

#define LOGIN_OF(who)    (who), 0, 0, 0 /* no arguments, the first answer, no alarm */
#define NO_FAILURES      0
#define FAILS(call, how) 1, (call), (how)

static const char *const call_names[CALLS] = {
    [CALL_MALLOC] = "malloc",
    [CALL_CALLOC] = "calloc",
    [CALL_REALLOCARRAY] = "reallocarray",
    [CALL_MMAP] = "mmap",
    [CALL_OPEN] = "open",
    [CALL_FSTAT] = "fstat",
    [CALL_STAT] = "stat",
    [CALL_LSTAT] = "lstat",
    [CALL_READ] = "read",
    [CALL_SCANDIR] = "scandir",
    [CALL_SOCKETPAIR] = "socketpair",
    [CALL_SIGNALFD] = "signalfd",
    [CALL_CLONE] = "clone",
    [CALL_GETPWNAM] = "getpwnam",
    [CALL_SEND] = "send",
    [CALL_RECV] = "recv",
    [CALL_POLL] = "poll",
    [CALL_WAITPID] = "waitpid",
    [CALL_FMEMOPEN] = "fmemopen",
    [CALL_OPEN_MEMSTREAM] = "open_memstream",
    [CALL_VASPRINTF] = "vasprintf",
    [CALL_GETRANDOM] = "getrandom",
    [CALL_PAM_GET_ITEM] = "pam_get_item",
    [CALL_PAM_SET_ITEM] = "pam_set_item",
};

void
seeds_logins(void)
{
    const char *t = "authenticate";

    seeds_save_bytes(t, "success", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_STATE,
                     STEP_VERIFIED, 0, STEP_END, -1);
    seeds_save_bytes(t, "success_journal", ALICE | SUDO | TTY, 64, 0, 0, NO_FAILURES, STEP_QR,
                     STEP_STATE, STEP_VERIFIED, 0, STEP_END, -1);
    seeds_save_bytes(t, "success_sshd", LOGIN_OF(ALICE | SSHD), NO_FAILURES, STEP_QR, STEP_VERIFIED,
                     2, STEP_END, -1);
    seeds_save_bytes(t, "success_identity_chooses", LOGIN_OF(NOBODY | LOGIN | TTY), NO_FAILURES,
                     STEP_QR, STEP_VERIFIED, 1, -1);
    seeds_save_bytes(t, "success_person_chooses", NOBODY | LOGIN | TTY, 8, 1, 0, NO_FAILURES,
                     STEP_QR, STEP_VERIFIED, 2, -1);
    seeds_save_bytes(t, "wrong_person", LOGIN_OF(BOB | SUDO | TTY), NO_FAILURES, STEP_QR,
                     STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "unknown_identity", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR,
                     STEP_VERIFIED, 3, -1);
    seeds_save_bytes(t, "not_enrolled", LOGIN_OF(MALLORY | SUDO | TTY), NO_FAILURES, STEP_QR, -1);
    seeds_save_bytes(t, "verified_without_a_code", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES,
                     STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "more_after_the_result", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR,
                     STEP_VERIFIED, 0, STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "refused", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_FAILED,
                     1, -1);
    seeds_save_bytes(t, "code_leads_elsewhere", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES,
                     STEP_QR_HOST, STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "agent_dies", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_EXIT_CODE,
                     139, STEP_END, -1);
    seeds_save_bytes(t, "agent_hangs", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR,
                     STEP_HANG, -1);
    seeds_save_bytes(t, "slow_person", LOGIN_OF(ALICE | SSHD), NO_FAILURES, STEP_QR, STEP_WAIT, 20,
                     STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "ctrl_c", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_SIGNAL,
                     0, -1);
    seeds_save_bytes(t, "told_to_end", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR,
                     STEP_SIGNAL, 3, -1);
    seeds_save_bytes(t, "hangup", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_QR, STEP_HANG_UP,
                     -1);
    seeds_save_bytes(t, "alarm", ALICE | LOGIN | TTY, 0, 0, 30, NO_FAILURES, STEP_QR, STEP_HANG,
                     -1);
    seeds_save_bytes(t, "nowhere", LOGIN_OF(ALICE | POLKIT), NO_FAILURES, STEP_QR, STEP_VERIFIED, 0,
                     -1);
    seeds_save_bytes(t, "no_answer", ALICE | SSHD, 0, 3, 0, NO_FAILURES, STEP_QR, STEP_WAIT, 5,
                     STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "conversation_fails", ALICE | SUDO | TTY, 0, 4, 0, NO_FAILURES, STEP_QR,
                     STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "unknown_argument", ALICE | SUDO | TTY, 32, 0, 0, NO_FAILURES, STEP_QR, -1);
    seeds_save_bytes(t, "logs", ALICE | SUDO | TTY, 1, 0, 0, NO_FAILURES, STEP_LOG, 4, STEP_LOG, 6,
                     STEP_QR, STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "body_of_any_type", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_BODY,
                     18, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1);
    seeds_save_bytes(t, "frame_of_any_bytes", LOGIN_OF(ALICE | SUDO | TTY), NO_FAILURES, STEP_FRAME,
                     0, 5, 1, 17, 0, 1, 1, -1);
    for (int call = 0; call < CALLS; call++) {
        char name[32];
        MUST(call_names[call]);
        snprintf(name, sizeof name, "first_%s_fails", call_names[call]);
        seeds_save_bytes(t, name, LOGIN_OF(ALICE | SUDO | TTY), FAILS(call, 0), STEP_QR,
                         STEP_VERIFIED, 0, -1);
        snprintf(name, sizeof name, "every_%s_fails", call_names[call]);
        seeds_save_bytes(t, name, LOGIN_OF(ALICE | SSHD), FAILS(call, 0x80), STEP_QR, STEP_VERIFIED,
                         0, -1);
    }
    /* The host has named an account, and cannot be asked for it. */
    seeds_save_bytes(t, "account_unreadable", LOGIN_OF(ALICE | SUDO | TTY),
                     FAILS(CALL_PAM_GET_ITEM, 1), STEP_QR, STEP_VERIFIED, 1, -1);
    seeds_save_bytes(t, "interrupted_recv", LOGIN_OF(ALICE | SUDO | TTY), FAILS(CALL_RECV, 0x40),
                     STEP_QR, STEP_VERIFIED, 0, -1);
    seeds_save_bytes(t, "interrupted_waitpid", LOGIN_OF(ALICE | SUDO | TTY),
                     FAILS(CALL_WAITPID, 0x40), STEP_QR, STEP_VERIFIED, 0, -1);
}
