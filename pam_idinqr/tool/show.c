/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr show: prints every drawing of a code on this terminal, with the module's choice and its
 * reason. An administrator tests with a phone which of them scan. */
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/login/code_text.h"
#include "pam_idinqr/tool/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define QUIET 4

/* As long as a link of the QR backend. */
static const char example[] = "https://qrcode.idin.nl/qr/00000000-0000-4000-8000-000000000000";

static void
print_terminal(const struct terminal *terminal)
{
    if (terminal->fd < 0) {
        puts("No terminal.");
        return;
    }
    printf("Terminal: %u columns, %u rows%s%s%s%s.\n", terminal->columns, terminal->rows,
           terminal->is_console ? ", a Linux console" : "",
           terminal->is_utf8 ? ", UTF-8" : ", not known to be UTF-8",
           terminal->has_half_blocks ? "" : ", a font without half blocks",
           terminal->has_colors ? "" : ", no colors by TERM");
}

static void
print_drawing(const struct qr_code *code, enum drawing_mode mode, bool inverted)
{
    struct drawing_size size = drawing_measure(mode, code->size, QUIET);

    printf("display = %s%s: %u columns, %u rows\n", drawing_name(mode),
           inverted ? ", invert = yes" : "", size.columns, size.rows);
    drawing_write(stdout, code, mode, QUIET, inverted);
}

int
command_show(const struct command_options *options, int argc, char **argv)
{
    TERMINAL_AUTO terminal;
    const char *link = argc > 0 ? argv[0] : example;
    struct qr_code code;
    struct https_url url;
    struct code_text text = {.link = link,
                             .code = &code,
                             .user_code = "",
                             .terminal = &terminal,
                             .voice = &text_idin_voices[LANGUAGE_EN],
                             .display = DISPLAY_AUTO,
                             .station = "station",
                             .service = options->service,
                             .account = "account",
                             .left = "2:00"};
    struct code_layout chosen;

    if (argc > 1) {
        command_say("show takes one LINK at the most");
        return COMMAND_USAGE;
    }
    if (strlen(link) > QR_PAYLOAD_MAX || https_url_parse(link, strlen(link), &url) != 0) {
        command_say("show takes an https:// link of at most %d characters", QR_PAYLOAD_MAX);
        return COMMAND_USAGE;
    }
    if (qr_encode(link, &code) != 0) {
        command_say("no code can be made of this link");
        return COMMAND_MACHINE;
    }
    terminal_open(&terminal, "");
    for (enum drawing_mode asked = DRAWING_HALF; asked < DRAWING_URL; asked++) {
        print_drawing(&code, code_text_mode(&terminal, asked), false);
        if (asked == DRAWING_PLAIN)
            print_drawing(&code, asked, true);
    }
    print_terminal(&terminal);
    chosen = code_text_layout(&text);
    printf("display = auto is %s here: %s.\n", drawing_name(chosen.mode), chosen.why);
    return command_finish_output(COMMAND_DONE, "the drawings");
}
