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

#define STATUS_SIZE (PROVIDER_NAME_SIZE + 100)

/* Writes a line that stands under a code or in its place, and counts its rows. */
static void
write_status(struct login_screen *screen, enum text_id id, const char *left,
             char ret_status[STATUS_SIZE])
{
    const struct login *login = screen->login;

    memcpy(ret_status, "  ", 2);
    text_copy(ret_status + 2, STATUS_SIZE - 2, login->voice, id, left);
    text_wrap(ret_status, terminal_text_columns(login->terminal));
    screen->status_rows = code_text_rows(login->terminal, ret_status);
}

#define IN_PLACE_SIZE 40

/* Writes the escapes that put a message in the place of the last status line. The application ends
 * each message with a newline, so that line is above the cursor. */
static void
write_in_place(const struct login_screen *screen, char ret_in_place[IN_PLACE_SIZE])
{
    snprintf(ret_in_place, IN_PLACE_SIZE, "\033[%uA\r\033[J", screen->status_rows);
}

int
login_screen_show_contacting(struct login_screen *screen)
{
    const struct login *login = screen->login;
    char status[STATUS_SIZE];

    write_status(screen, TEXT_CONTACTING, NULL, status);
    screen->is_contacting = true;
    return login->conversation->show(login->conversation->context, status);
}

int
login_screen_show_code(struct login_screen *screen, int left_ms)
{
    const struct login *login = screen->login;
    char left[32], in_place[IN_PLACE_SIZE], status[STATUS_SIZE];
    struct code_text text;
    CODE_TEXT_AUTO *message = NULL;
    int result;

    write_left(login, left_ms, left, sizeof left);
    text = code_text_of(screen, left);
    if (screen->is_contacting) {
        write_in_place(screen, in_place);
        text.before = in_place;
    }
    screen->is_contacting = false;
    result = code_text_compose(&text, code_text_layout(&text), &message);
    if (result != 0)
        return tell_size(screen, result);
    write_status(screen, code_text_state(login->terminal, false), left, status); /* its last line */
    return login->conversation->show(login->conversation->context, message);
}

/* The line under the code replaces itself if the terminal allows it: one more line would scroll a
 * code off a small screen during the scan. */
static int
show_status(struct login_screen *screen, enum text_id id, const char *argument)
{
    const struct login *login = screen->login;
    char message[IN_PLACE_SIZE + STATUS_SIZE] = "";

    if (login->terminal->takes_escapes)
        write_in_place(screen, message);
    write_status(screen, id, argument, message + strlen(message));
    return login->conversation->show(login->conversation->context, message);
}

int
login_screen_show_state(struct login_screen *screen, int left_ms)
{
    const struct login *login = screen->login;
    char left[32];

    write_left(login, left_ms, left, sizeof left);
    return show_status(screen, code_text_state(login->terminal, screen->is_scanned), left);
}

int
login_screen_show_approved(struct login_screen *screen)
{
    return show_status(screen, TEXT_APPROVED, NULL);
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
