/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a login of the real sudo, login and sshd fail, and reads the screen. The sentence that says
 * why stands there together with the next code, or with a question for Enter. Two decoders then
 * read the next code, on the emulated screen and in a real xterm. With --table (make check-screen),
 * prints a row for each screen. Needs root (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/ssh_desk.h"
#include "tests/screen/framebuffer.h"
#include "tests/screen/window.h"
#include "tests/screen/zxing.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 20 /* between two looks at the window */
#define COLUMNS  80

#define REFUSED "You stopped or refused at your bank. Nothing was opened."
#define DIED    "Logging in with iDIN stopped unexpectedly."
#define ANOTHER "Press Enter for another code."
#define IDLE    "Log in to Gemeente Voorbeeld, balie 3: press Enter for a code."
#define GO_ON   "Press Enter to go on."

enum application { SUDO, SHADOW, UTIL_LINUX, SSHD };

static const struct row {
    const char *name; /* in the table */
    enum application application;
    int rows;
    const char *question; /* between the reason and the next code; NULL: none */
    const char *module;   /* further arguments of it; NULL: none */
    const char *conf;     /* a section of idinqr.conf; NULL: none */
    int agent_dies;       /* 1: in place of a person who refuses */
} rows[] = {
    {"sudo, 80x24", SUDO, 24, ANOTHER, NULL, NULL, 0},
    {"sudo, 80x25", SUDO, 25, ANOTHER, NULL, NULL, 0},
    {"sudo, 80x30", SUDO, 30, NULL, NULL, NULL, 0},
    {"sudo, 80x24, the agent dies", SUDO, 24, ANOTHER, NULL, NULL, 1},
    {"sudo, 80x24, prompt=enter", SUDO, 24, ANOTHER, "prompt=enter", NULL, 0},
    {"shadow's login, 80x24", SHADOW, 24, IDLE, NULL, NULL, 0},
    {"shadow's login, 80x25", SHADOW, 25, IDLE, NULL, NULL, 0},
    {"shadow's login, 80x30", SHADOW, 30, NULL, NULL, NULL, 0},
    {"util-linux's login, 80x24", UTIL_LINUX, 24, IDLE, NULL, NULL, 0},
    {"util-linux's login, 80x25", UTIL_LINUX, 25, IDLE, NULL, NULL, 0},
    {"util-linux's login, 80x30", UTIL_LINUX, 30, NULL, NULL, NULL, 0},
    {"a desk, 80x24", UTIL_LINUX, 24, IDLE, NULL, "[service:login]\nidle = enter\n", 0},
    {"sshd, 80x24", SSHD, 24, GO_ON, NULL, NULL, 0},
    {"sshd, 80x25", SSHD, 25, GO_ON, NULL, NULL, 0},
    {"sshd, 80x30", SSHD, 30, GO_ON, NULL, NULL, 0},
};

/* A row's application. Only the desk and the terminal are in use unless it is sshd. */
static void
start(const struct row *row, struct ssh_desk *ret_desk)
{
    static char name[] = "alice";
    static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};
    static const char *const sudo[] = {"sudo", "id", "-un", NULL};
    static const char *const login[] = {"/bin/login", "alice", NULL};
    const char *service = row->application == SUDO ? "sudo" : "login";
    const struct terminal_options options = {.rows = row->rows,
                                             .columns = COLUMNS,
                                             .prepare =
                                                 row->application == SUDO ? namespace_become : NULL,
                                             .prepare_user = name};

    if (row->application == SSHD) {
        ssh_desk_open(ret_desk, &(struct ssh_options){.client = "NumberOfPasswordPrompts 3",
                                                      .rows = row->rows,
                                                      .columns = COLUMNS});
        ssh_desk_enter_as(ret_desk, name);
        return;
    }
    if (row->application == SUDO) {
        namespace_enter();
    } else {
        login_host_choose(row->application == SHADOW ? "shadow" : "util-linux");
        login_host_enter();
    }
    desk_open(&ret_desk->desk, enrolled);
    if (row->conf)
        desk_configure_provider(&ret_desk->desk, row->conf);
    session_pam_service(&ret_desk->desk, service, row->module ? row->module : "");
    ret_desk->terminal = pty_start(row->application == SUDO ? sudo : login, NULL, &options);
}

static void
decide(const struct row *row, const struct ssh_desk *desk, const char *link,
       long (*how)(struct phone *phone, const char *url, const char *person))
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk->desk.backend), "en");

    ck_assert_int_eq(how(phone, link, "anna"), 200);
    if (row->application == SSHD || row->module) {
        session_await_result();
        pty_type(desk->terminal, "\r");
    }
}

static void
kill_agent(void)
{
    pid_t agent = processes_find(0, "idinqr-agent");

    ck_assert_int_gt(agent, 0);
    ck_assert_int_eq(kill(agent, SIGKILL), 0);
}

static int
is_read(const struct picture *picture, const char *link)
{
    char *by_zbar = NULL, *by_zxing = NULL;
    int n_zbar = picture_decode_qr(picture, &by_zbar);
    int n_zxing = zxing_decode_qr(picture->gray, picture->width_px, picture->height_px, &by_zxing);
    int is_right =
        n_zbar == 1 && n_zxing == 1 && strcmp(by_zbar, link) == 0 && strcmp(by_zxing, link) == 0;

    free(by_zbar);
    free(by_zxing);
    return is_right;
}

/* In an xterm of the same size, which is given all that the terminal was given. */
static void
must_be_read_in_xterm(const struct row *row, const struct ssh_desk *desk, const char *link)
{
    struct deadline deadline = deadline_in(SESSION_WAIT_MS);
    char *file = scratch_path(scratch_dir("reasons"), "output");
    size_t size;
    int is_right = 0, left_ms;

    scratch_write(file, 0600, pty_output(desk->terminal, &size));
    FRAMEBUFFER_AUTO *framebuffer = framebuffer_start();
    WINDOW_AUTO *window =
        window_open(&window_kinds[0], (unsigned)row->rows, COLUMNS, SCREEN_LIGHT_ON_DARK, file);
    ck_assert_msg(window_has_read(window, SESSION_WAIT_MS), "%s", window_log(window));
    while (!is_right && (left_ms = deadline_left(deadline, AGAIN_MS)) > 0) {
        PICTURE_AUTO *picture = framebuffer_picture(framebuffer);
        is_right = is_read(picture, link);
        if (!is_right)
            (void)poll(NULL, 0, left_ms);
    }
    ck_assert_msg(is_right, "not read in xterm, which says:\n%s", window_log(window));
}

static const char *
row_name(int i, const char **ret_why_not)
{
    if (i == ARRAY_LENGTH(rows))
        return NULL;
    switch (rows[i].application) {
    case SUDO:
        *ret_why_not = session_why_not("/usr/bin/sudo");
        break;
    case SSHD:
        *ret_why_not = ssh_desk_why_not();
        break;
    default:
        (void)login_host_variant(rows[i].application == UTIL_LINUX, ret_why_not);
    }
    return rows[i].name;
}

TEST_CASE(NULL, .variant = row_name, .timeout_s = 120);

TEST(the_reason_is_on_the_screen)
{
    const struct row *row = &rows[runner_variant()];
    const char *reason = row->agent_dies ? DIED : REFUSED;
    SSH_DESK_AUTO desk = {0};
    char *link = NULL;
    size_t size;

    start(row, &desk);
    session_next_code(desk.terminal, &link);
    if (row->agent_dies)
        kill_agent();
    else
        decide(row, &desk, link, phone_refuse);
    if (row->question) {
        pty_must_show(desk.terminal, row->question, SESSION_WAIT_MS);
        pty_must_show(desk.terminal, reason, 0);
        ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 1); /* nor is it billed */
        pty_type(desk.terminal, "\r");
        session_next_code(desk.terminal, &link);
        ck_assert_int_eq(session_count(pty_output(desk.terminal, &size), row->question), 1);
    } else {
        session_next_code(desk.terminal, &link);
        pty_must_show(desk.terminal, reason, 0);
    }
    PICTURE_AUTO *picture = screen_picture(pty_screen(desk.terminal));
    ck_assert_msg(is_read(picture, link), "not read:\n%s", screen_text(pty_screen(desk.terminal)));
    must_be_read_in_xterm(row, &desk, link);
    decide(row, &desk, link, phone_approve);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 2);
}

static const char *
why_skip(void)
{
    const char *reason = session_why_not(NULL);

    return reason ? reason : window_why_not(&window_kinds[0]);
}

/* A row for each line of this program's TAP. Returns main's exit status. */
static int
print_table(const char *program)
{
    FILE *tap = popen(program, "re");
    char line[1000];
    int n_lost = 0, n_skipped = 0;

    if (!tap)
        return 1;
    puts("a failed login, and the next one\n");
    while (fgets(line, sizeof line, tap)) {
        char *name = strstr(line, " - "), *why_not = strstr(line, " # SKIP ");
        if (line[0] == '#' || !name)
            continue;
        n_lost += line[0] == 'n';
        n_skipped += why_not != NULL;
        if (why_not)
            printf("%.*s: %s", (int)(why_not - name - 3), name + 3, why_not + 8);
        else
            printf("%-34.*s %s\n", (int)strcspn(name + 3, ":"), name + 3,
                   line[0] == 'n' ? "LOST" : "the reason was read, the code scans");
    }
    printf("%d lost, %d skipped\n\n", n_lost, n_skipped);
    return fflush(stdout) != 0 || pclose(tap) != 0 || n_lost > 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--table") == 0)
        return print_table(argv[0]);
    return runner_main(argc, argv, "reasons", why_skip);
}
