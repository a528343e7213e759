/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this, on a code from the agent. */
#include "pam_idinqr/login/login_screen.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/login/conversation.h"

#include <stdio.h>
#include <string.h>

void
login_screen_begin(struct login_screen *screen, const struct login *login, struct diag *diag)
{
    *screen = (struct login_screen){.login = login, .diag = diag};
    station_name(login->config, login->voice, screen->station, sizeof screen->station);
}

void
login_screen_end(struct login_screen *screen)
{
    secret_wipe(&screen->qr, sizeof screen->qr);
    secret_wipe(&screen->code, sizeof screen->code);
}

struct qr_message *
login_screen_next_code(struct login_screen *screen)
{
    screen->is_scanned = false;
    screen->prompt_rows = 0;
    return &screen->qr;
}

int
login_screen_encode(struct login_screen *screen)
{
    return qr_encode(screen->qr.payload, &screen->code);
}

/* Writes the time that is left, "1:59". In a prompt it is the time until the prompt must be
 * answered. */
static void
write_left(const struct login *login, int left_ms, char *ret_left, size_t size)
{
    int left_s = (left_ms + 999) / 1000;
    int limit_s = login->answer_limit_s;

    if (login->application == APPLICATION_PROMPT && limit_s > 0 && left_s > limit_s)
        left_s = limit_s;
    snprintf(ret_left, size, "%d:%02d", left_s / 60, left_s % 60);
}

static struct code_text
code_text_of(const struct login_screen *screen, const char *left)
{
    const struct login *login = screen->login;
    const struct config *config = login->config;

    return (struct code_text){
        .link = screen->qr.payload,
        .code = &screen->code,
        .user_code = screen->qr.user_code,
        .terminal = login->terminal,
        .voice = login->voice,
        .display = login->is_window ? DISPLAY_URL : config->display,
        .inverted = config->invert,
        .station = screen->station,
        .service = login->service,
        .account = login->account,
        .left = left,
        .is_prompt = login->application == APPLICATION_PROMPT,
        .size_max = login->is_window ? APPLICATION_WINDOW_MESSAGE_SIZE - 1 : 0,
    };
}

/* Windows show short messages only. */
static int
tell_size(struct login_screen *screen, int result)
{
    if (result == IDQ_NO_DISPLAY)
        diag_set(screen->diag, "the link is too long for a window");
    return result;
}

int
login_screen_show_code(struct login_screen *screen, int left_ms)
{
    const struct login *login = screen->login;
    char left[32];
    struct code_text text;
    CODE_TEXT_AUTO *message = NULL;
    int result;

    write_left(login, left_ms, left, sizeof left);
    text = code_text_of(screen, left);
    result = code_text_compose(&text, code_text_layout(&text), &message);
    if (result != 0)
        return tell_size(screen, result);
    result = login->conversation->show(login->conversation->context, message);
    screen->status_rows = code_text_rows(login->terminal, strrchr(message, '\n') + 1);
    return result;
}

/* The line under the code replaces itself if the terminal allows it: one more line would scroll a
 * code off a small screen during the scan. The application ends each message with a newline, so the
 * line is in the row above the cursor. */
int
login_screen_show_state(struct login_screen *screen, int left_ms)
{
    const struct login *login = screen->login;
    char left[32], status[200] = "  ", in_place[40] = "";

    write_left(login, left_ms, left, sizeof left);
    text_copy(status + 2, sizeof status - 2, login->voice,
              code_text_state(login->terminal, screen->is_scanned), left);
    if (login->terminal->takes_escapes)
        snprintf(in_place, sizeof in_place, "\033[%uA\r\033[J", screen->status_rows);
    screen->status_rows = code_text_rows(login->terminal, status);
    return conversation_show(login->conversation, "%s%s", in_place, status);
}

int
login_screen_make_prompt(struct login_screen *screen, int left_ms, char **ret_prompt)
{
    char left[32];
    struct code_text text;

    write_left(screen->login, left_ms, left, sizeof left);
    text = code_text_of(screen, left);
    return tell_size(screen, prompt_make(&text, &screen->prompt_rows, ret_prompt));
}
