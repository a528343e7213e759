/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that lives for long and logs many people in: three hundred logins in one process, half of
 * which end badly, and after the first of them nothing in that process grows; nor where logins run
 * in threads, and the module is unloaded after them. Through the real
 * libpam and the real module, without any rights. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/deadline.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_LOGINS      300
#define N_WARM_UP     60           /* for what libc, libpam and the harness take once, and keep */
#define RESIDENT_ROOM (256 * 1024) /* bytes: the heap's own pages, which come and go */

/* A desk whose sandbox approves each code as anna, and one where no person approves. */
enum place { ATTENDED, UNATTENDED };

/* Runs the phone in a separate process, because its memory is not the module's. */
static void
refuse(const struct desk *desk, const char *link)
{
    int status = -1;
    pid_t person = fork();

    if (person == 0) {
        struct phone *phone = phone_new(qr_backend_ca_file(desk->backend), "en");
        _exit(phone_refuse(phone, link, "anna") == 200 ? 0 : 1);
    }
    ck_assert_int_gt(person, 0);
    ck_assert_int_eq(waitpid(person, &status, 0), person);
    ck_assert_int_eq(status, 0);
}

static void
press_ctrl_c(const struct desk *desk, const char *link)
{
    (void)desk;
    (void)link;
    ck_assert_int_eq(raise(SIGINT), 0);
}

static void
kill_agent(const struct desk *desk, const char *link)
{
    pid_t agent = processes_find(0, "idinqr-agent");

    (void)desk;
    (void)link;
    ck_assert_int_gt(agent, 0);
    ck_assert_int_eq(kill(agent, SIGKILL), 0);
}

static const struct ending {
    enum place place;
    const char *account;
    int pam_code;
    const char *outcome;
    void (*when_shown)(const struct desk *desk, const char *link);
} endings[] = {
    {ATTENDED, "alice", PAM_SUCCESS, "verified", NULL},
    {UNATTENDED, "alice", PAM_AUTH_ERR, "refused", refuse},
    {ATTENDED, "alice", PAM_SUCCESS, "verified", NULL},
    {UNATTENDED, "alice", PAM_CRED_UNAVAIL, "cancelled", press_ctrl_c},
    {ATTENDED, "alice", PAM_SUCCESS, "verified", NULL},
    {UNATTENDED, "alice", PAM_AUTHINFO_UNAVAIL, "agent", kill_agent},
    {ATTENDED, "alice", PAM_SUCCESS, "verified", NULL},
    {ATTENDED, "bob", PAM_AUTH_ERR, "wrong-person", NULL},
    {ATTENDED, "alice", PAM_SUCCESS, "verified", NULL},
    {ATTENDED, "nobody", PAM_USER_UNKNOWN, "not-enrolled", NULL},
};

#define N_ENDINGS ARRAY_LENGTH(endings)

struct visit {
    const struct desk *desk;
    const struct ending *ending;
};

static int
act(const struct login_message *message, void *user)
{
    const struct visit *visit = user;
    const char *at = strstr(message->text, "\n  https://");
    char link[400];

    if (at == NULL || visit->ending->when_shown == NULL)
        return PAM_SUCCESS;
    ck_assert_int_eq(sscanf(at, " %399s", link), 1);
    visit->ending->when_shown(visit->desk, link);
    return PAM_SUCCESS;
}

static void
log_in(const struct desk *desk, const struct ending *ending)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct visit visit = {desk, ending};
    char *service, outcome[80];

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, act, &visit);
    pam_handle_t *pamh = login_stack_start(stack, "desk", ending->account);
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    int code = login_stack_authenticate(stack, 0);
    snprintf(outcome, sizeof outcome, "outcome=%s ", ending->outcome);
    ck_assert_msg(code == ending->pam_code && syslog_capture_count(outcome) == 1,
                  "PAM returned %d, not %d and %s", code, ending->pam_code, ending->outcome);
    syslog_capture_clear();
}

struct sizes {
    int n_descriptors;
    size_t heap;     /* bytes that are allocated and not freed */
    size_t resident; /* bytes, by the kernel's account */
};

static void
measure(struct sizes *ret_sizes)
{
    DIR *directory = opendir("/proc/self/fd");
    const void *mark = scratch_mark();
    char *text = scratch_read("/proc/self/smaps_rollup"), *at = strstr(text, "\nRss:");
    size_t resident_kb = 0;
    int n = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory) != NULL)
        n++;
    closedir(directory);
    ck_assert_msg(at != NULL && sscanf(at, "\nRss: %zu kB", &resident_kb) == 1, "%s", text);
    scratch_release(mark);
    *ret_sizes = (struct sizes){
        .n_descriptors = n, .heap = mallinfo2().uordblks, .resident = resident_kb * 1024};
}

TEST_CASE("many", .timeout_s = 300);

TEST(test_nothing_grows)
{
    const char *attended[] = {"--enroll", "alice=anna", "--enroll", "bob=bram",
                              "--auto",   "anna",       NULL};
    const char *unattended[] = {"--enroll", "alice=anna", NULL};
    struct desk desks[2];
    struct sizes before = {0}, after;
    siginfo_t ended = {0};

    desk_open(&desks[ATTENDED], attended);
    desk_open(&desks[UNATTENDED], unattended);
    processes_begin();
    const void *mark = scratch_mark();
    for (size_t i = 0; i < N_LOGINS; i++) {
        const struct ending *ending = &endings[i % N_ENDINGS];
        if (i == N_WARM_UP)
            measure(&before);
        log_in(&desks[ending->place], ending);
        scratch_release(mark);
    }
    measure(&after);
    ck_assert_int_eq(after.n_descriptors, before.n_descriptors);
    ck_assert_uint_eq(after.heap, before.heap);
    ck_assert_uint_le(after.resident, before.resident + RESIDENT_ROOM);
    ck_assert_int_eq(waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT | __WALL), 0);
    ck_assert_msg(ended.si_pid == 0, "%d was not waited for", ended.si_pid);
    processes_must_end(0);
    desk_close(&desks[ATTENDED]);
    desk_close(&desks[UNATTENDED]);
}

#define N_THREADS      4
#define N_ROUNDS       12
#define N_WARM_ROUNDS  4
#define THREADS_END_MS 10000

static void *
authenticate(void *stack)
{
    return (void *)(intptr_t)login_stack_authenticate(stack, 0);
}

/* Runs each login in a separate thread and with a separate handle, as a display manager does. */
static void
log_in_at_once(const struct desk *desk)
{
    struct login_stack *stacks[N_THREADS];
    pthread_t threads[N_THREADS];
    char *service;

    service = scratch_text("auth required %s\n", desk->module_line);
    for (int i = 0; i < N_THREADS; i++) {
        stacks[i] = login_stack_new();
        login_stack_service(stacks[i], "desk", service);
        pam_handle_t *pamh = login_stack_start(stacks[i], "desk", "alice");
        ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    }
    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, authenticate, stacks[i]), 0);
    for (int i = 0; i < N_THREADS; i++) {
        void *code;
        ck_assert_int_eq(pthread_join(threads[i], &code), 0);
        ck_assert_int_eq((int)(intptr_t)code, PAM_SUCCESS);
    }
    for (int i = 0; i < N_THREADS; i++)
        login_stack_free(&stacks[i]);
    syslog_capture_clear();
}

/* The files that this process has mapped, a line each and in the order of their addresses. */
static char *
mapped_files(void)
{
    char *maps = scratch_read("/proc/self/maps"), *rest = maps, *line, *files = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&files, &size);

    ck_assert_ptr_nonnull(stream);
    while ((line = strsep(&rest, "\n"))) {
        const char *file = strchr(line, '/');
        if (file)
            fprintf(stream, "%s\n", file);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return files;
}

/* A thread that was joined may be on its way out for a moment. */
static void
threads_must_end(void)
{
    struct deadline deadline = deadline_in(THREADS_END_MS);
    char *text, *at;
    int n;

    do {
        text = scratch_read("/proc/self/status");
        at = strstr(text, "\nThreads:");
        ck_assert_msg(at && sscanf(at, "\nThreads: %d", &n) == 1, "%s", text);
    } while (n > 1 && deadline_left(deadline, 1) > 0);
    ck_assert_int_eq(n, 1);
}

TEST(test_threads_leave_nothing)
{
    const char *arguments[] = {"--enroll", "alice=anna", "--auto", "anna", NULL};
    struct sizes before = {0}, after;
    char *files_before = NULL, *files_after;
    DESK_AUTO desk;

    desk_open(&desk, arguments);
    processes_begin();
    const void *mark = scratch_mark();
    for (int round = 0; round < N_ROUNDS; round++) {
        if (round == N_WARM_ROUNDS) {
            files_before = mapped_files();
            scratch_release(mark);
            measure(&before);
        }
        log_in_at_once(&desk);
        scratch_release(mark);
    }
    threads_must_end();
    scratch_release(mark);
    measure(&after);
    files_after = mapped_files();
    ck_assert_int_eq(after.n_descriptors, before.n_descriptors);
    ck_assert_uint_eq(after.heap, before.heap);
    ck_assert_uint_le(after.resident, before.resident + RESIDENT_ROOM);
    ck_assert_str_eq(files_after, files_before);
    ck_assert_msg(!strstr(files_after, "/pam_idinqr.so"), "%s", files_after);
    processes_must_end(0);
    free(files_before);
    free(files_after);
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a sanitizer keeps memory that was given back";
#endif
#ifdef COVERAGE
    return "a module's counters stay mapped when it is unloaded";
#endif
    return agent_user_why_not();
}

int
main(int argc, char **argv)
{
    static const char exact[] = "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1";
    const char *tunables = getenv("GLIBC_TUNABLES");

    /* A thread's own store of free blocks counts as taken, and its own arena not at all; without
     * them the sum is exact. They are chosen before a program begins. */
    if (tunables == NULL || strcmp(tunables, exact) != 0) {
        setenv("GLIBC_TUNABLES", exact, 1);
        execv("/proc/self/exe", argv);
    }
    return runner_main(argc, argv, "many_logins", why_skip);
}
