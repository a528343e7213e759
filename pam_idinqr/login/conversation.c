/* SPDX-License-Identifier: BSD-3-Clause */
/* Every application runs this, often as root. */
#include "pam_idinqr/login/conversation.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/login/wait.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
conversation_show(const struct conversation *conversation, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int size, result;

    va_start(arguments, format);
    size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0)
        return IDQ_SYSTEM;
    text_wrap(text, conversation->columns);
    result = conversation->show(conversation->context, text);
    free(text);
    return result;
}

/* Clients write text before a prompt, such as "(alice@desk) ", as long as the names are. */
#define ROWS_OF_CLIENT 1

int
prompt_make(const struct code_text *text, unsigned *rows, char **ret_prompt)
{
    struct code_text again = *text;
    struct code_layout layout;
    char question[200];
    unsigned rows_more;
    int result;

    text_copy(question, sizeof question, text->voice, TEXT_NOT_YET, text->left);
    text_wrap(question, terminal_text_columns(text->terminal));
    rows_more = code_text_rows(text->terminal, question) + ROWS_OF_CLIENT;
    if (*rows > 0 && *rows + rows_more <= text->terminal->rows) {
        *rows += rows_more;
        *ret_prompt = strdup(question);
        return *ret_prompt ? 0 : IDQ_SYSTEM;
    }
    /* One more question would scroll the code's first rows off the screen, and a partial code is
     * useless. The message begins with an empty line, which is the client's row. It is laid out
     * with the longer of its two last lines, so that the code looks the same each time. */
    again.is_again = true;
    layout = code_text_layout(&again);
    again.is_again = *rows > 0;
    result = code_text_compose(&again, layout, ret_prompt);
    if (result == 0)
        *rows = code_text_rows(text->terminal, *ret_prompt);
    return result;
}

/* Returns whether the answer is a number. */
static bool
read_number(const char *answer, char ret_number[NUMBER_SIZE])
{
    size_t n = 0;

    for (const char *p = answer; *p; p++) {
        if (*p == ' ')
            continue;
        if (*p < '0' || *p > '9' || n == NUMBER_SIZE - 1)
            return false;
        ret_number[n++] = *p;
    }
    ret_number[n] = '\0';
    return n == NUMBER_SIZE - 1;
}

#define NUMBER_ANSWERS_MAX 5 /* that are no number: more than a person would type */

int
number_ask(const struct conversation *conversation, const struct text_voice *voice,
           unsigned tries_left, bool is_again, char ret_number[NUMBER_SIZE])
{
    char tries[12], note[200] = "", prompt[100], question[sizeof note + sizeof prompt], answer[512];
    int result;

    snprintf(tries, sizeof tries, "%u", tries_left);
    text_copy(prompt, sizeof prompt, voice, TEXT_NUMBER, NULL);
    if (is_again)
        text_copy(note, sizeof note, voice, TEXT_NUMBER_WRONG, tries);
    for (int i = 0; i < NUMBER_ANSWERS_MAX; i++) {
        bool is_number, is_empty;
        snprintf(question, sizeof question, "%s%s%s", note, note[0] ? "\n" : "", prompt);
        result = conversation->ask(conversation->context, question, answer, sizeof answer);
        if (result != 0)
            return result;
        is_number = read_number(answer, ret_number);
        is_empty = answer[strspn(answer, " ")] == '\0';
        secret_wipe(answer, sizeof answer); /* some people type a password here by habit */
        if (is_number)
            return 0;
        secret_wipe(ret_number, NUMBER_SIZE);
        if (is_empty)
            return IDQ_CANCELLED;
        text_copy(note, sizeof note, voice, TEXT_NUMBER_FORM, NULL);
    }
    return IDQ_WRONG_NUMBER; /* not an outage, which a stack may let pass */
}

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
          const struct text_voice *voice, const char *station, long limit_ms)
{
    char text[300];
    struct wait wait;
    int result = wait_begin(&wait, terminal->fd, SLICE_MS);

    text_copy(text, sizeof text, voice, TEXT_IDLE, station);
    terminal_flush_input(terminal); /* not the Enter from before the screen was shown */
    wait.typing_stops = true;
    if (result == 0)
        result = conversation_show(conversation, "\n  %s", text);
    if (result == 0)
        result = wait_for_line(&wait, limit_ms);
    terminal_flush_input(terminal); /* it did not answer the application */
    wait_end(&wait);
    return result;
}
