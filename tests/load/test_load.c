/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs many logins at the same time, on one machine and against one backend. Each login has a
 * separate application, and all codes are shown before the first is approved. All logins must
 * succeed, and the test prints what they took. LOGINS in the environment sets their number
 * (default: 20).
 *     make check-load LOGINS=200 */
#include "tests/harness/agent_user.h"
#include "tests/harness/deadline.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGINS_MAX 1000
#define CODES_MS   100000 /* for all codes; the logins themselves have 120 s */
#define END_MS     20000
#define LINK_SIZE  200
#define HOST_NAME  "test_load"

/* Sends the link to the test's own process, which has the phone. */
static int
pass_on(const struct login_message *message, void *user)
{
    const int *links = user;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    char *link = desk_scan(message->text);
    ck_assert_int_eq(send(*links, link, strlen(link), 0), (ssize_t)strlen(link));
    return PAM_SUCCESS;
}

static void
be_host(const struct desk *desk, int links)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *service;

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, pass_on, &links);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    int result = login_stack_authenticate(stack, 0);
    if (result != PAM_SUCCESS) {
        char *shown = login_stack_text(stack);
        fprintf(stderr, "# %s\n%s\n", pam_strerror(pamh, result), shown);
    }
    _exit(result);
}

static int
n_logins(void)
{
    const char *text = getenv("LOGINS");
    int n = text ? atoi(text) : 20;

    ck_assert_msg(n > 0 && n <= LOGINS_MAX, "LOGINS is 1 to %d", LOGINS_MAX);
    return n;
}

static void
receive_links(int links, int n, char (*ret_links)[LINK_SIZE])
{
    struct deadline deadline = deadline_in(CODES_MS);

    for (int i = 0; i < n; i++) {
        struct pollfd wait = {.fd = links, .events = POLLIN};
        ck_assert_msg(poll(&wait, 1, deadline_left(deadline, CODES_MS)) == 1,
                      "%d of %d codes were shown", i, n);
        ssize_t size = recv(links, ret_links[i], LINK_SIZE - 1, 0);
        ck_assert_int_gt(size, 0);
        ret_links[i][size] = '\0';
    }
}

static void
print_usage(const char *who, const char *name)
{
    struct processes_usage usage;

    processes_usage(name, &usage);
    printf("%-40s %5d processes %8ld KiB %6ld descriptors\n", who, usage.count, usage.memory_kib,
           usage.descriptors);
}

TEST_CASE("load", .timeout_s = 300);

TEST(test_at_once)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    int n = n_logins(), ends[2], n_failed = 0, status;
    char(*links)[LINK_SIZE] = calloc((size_t)n, sizeof *links);
    struct desk desk;

    ck_assert_ptr_nonnull(links);
    processes_begin();
    desk_open(&desk, arguments);
    /* One datagram a link. */
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    struct deadline start = deadline_in(0);
    for (int i = 0; i < n; i++) {
        pid_t host = fork();
        ck_assert_int_ge(host, 0);
        if (host == 0)
            be_host(&desk, ends[1]);
    }
    receive_links(ends[0], n, links);
    printf("%d logins wait, %lld ms after the first began:\n", n,
           deadline_in(0).at_ms - start.at_ms);
    print_usage("hosts, each with the watcher of its agent", HOST_NAME);
    print_usage("agents", "idinqr-agent");
    print_usage("the backend", "idinqr-sandbox");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk.backend), "en");
    for (int i = 0; i < n; i++)
        ck_assert_msg(phone_approve(phone, links[i], "anna") == 200, "%s", phone_problem(phone));
    for (int i = 0; i < n; i++) {
        ck_assert_int_gt(waitpid(-1, &status, 0), 0);
        n_failed += !WIFEXITED(status) || WEXITSTATUS(status) != PAM_SUCCESS;
    }
    printf("All have ended, %lld ms after the first began; %d of %d failed.\n",
           deadline_in(0).at_ms - start.at_ms, n_failed, n);
    ck_assert_int_eq(n_failed, 0);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), n);
    ck_assert_int_eq(qr_backend_count(desk.backend, "approved"), n);
    desk_close(&desk);
    processes_must_end(END_MS);
    free(links);
}

RUN_TESTS("load", agent_user_why_not());
