/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's end of the wire, played by an input, and the time, which passes only when the module
 * waits. The linker (--wrap) leads clone(2), waitpid(2), kill(2), poll(2) and the clock here.
 *
 * A script is a row of steps, each a byte and its operands (see enum agent_step); one is taken
 * whenever the module waits for more than no time and nothing is ready. At its end the agent ends.
 */
#ifndef IDQ_TESTS_FUZZ_SCRIPTED_AGENT_H
#define IDQ_TESTS_FUZZ_SCRIPTED_AGENT_H

#include "tests/fuzz/input.h"

enum agent_step {
    STEP_END,       /* closes the wire */
    STEP_QR,        /* a good code */
    STEP_QR_HOST,   /* a code that leads elsewhere */
    STEP_STATE,     /* scanned */
    STEP_LOG,       /* operand: priority */
    STEP_VERIFIED,  /* operand: which of scripted_agent_subjects */
    STEP_FAILED,    /* operand: the outcome */
    STEP_FRAME,     /* operands: size (two bytes), a frame's bytes */
    STEP_BODY,      /* operands: type, size (two bytes), a frame's body */
    STEP_WAIT,      /* operand: seconds */
    STEP_SIGNAL,    /* operand: INT, QUIT, HUP or TERM */
    STEP_HANG_UP,   /* the person's terminal */
    STEP_HANG,      /* says nothing more, and does not end */
    STEP_EXIT_CODE, /* operand */
    STEPS
};

#define AGENT_SUBJECTS 4

extern const char *const scripted_agent_subjects[AGENT_SUBJECTS];

/* What it did; for the target to judge. */
struct scripted_agent {
    int is_started, is_ended, is_killed, is_reaped;
    int qr_sent;        /* a good code went out, before any RESULT */
    int verified;       /* the subject of a verified RESULT that went out after it, or -1 */
    int n_after_result; /* frames that followed a RESULT */
    int is_plain;       /* nothing but honest steps, in an honest order */
    int handed_back;    /* the signal that the module sent to its own process, or 0 */
};

/* From here on the module's agent is this one. The script is what the input has left. */
void scripted_agent_begin(struct input *script, unsigned alarm_s);

/* Closes what is open, and tells what was. */
struct scripted_agent scripted_agent_end(void);

#endif
