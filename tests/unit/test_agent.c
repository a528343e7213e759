/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent as a program, and the two beside it: started rightly and wrongly, and told nonsense.
 * Nothing of it reaches a network. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define AGENT  BUILD_DIR "/idinqr-agent"
#define NOBODY 65534

struct agent {
    pid_t pid;
    int wire;      /* the module's end, or -1 */
    FILE *written; /* what it says on its standard error */
};

/* A system call that the kernel refuses to the agent. */
struct refusal {
    const char *step;
    int call;
    int64_t argument; /* the first of the call; -1: any */
    int error;
    const char *line; /* that the agent must log */
    int needs_landlock;
    int is_fetchs; /* a step of the fetch process's alone */
};

static const struct refusal *refusal; /* NULL: it has all */

static int
refuse(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refusal->error), refusal->call,
                         refusal->argument >= 0, SCMP_A0(SCMP_CMP_EQ, (uint64_t)refusal->argument));

    return error ? error : seccomp_load(filter);
}

/* The agent's end of a socket whose other end stays open as long as the test. */
static int
silent_fetch(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    return ends[0];
}

/* Starts it with `input` as its descriptor 0. */
static struct agent
start_program(const char *program, int input, int is_root)
{
    struct agent agent = {.wire = -1, .written = tmpfile()};
    int fetch = silent_fetch();
    char *dir = scratch_dir("agent"),
         *copy = desk_copy_program(program, dir, "idinqr-agent", agent_user_mode());

    ck_assert_ptr_nonnull(agent.written);
    agent.pid = fork();
    ck_assert_int_ge(agent.pid, 0);
    if (agent.pid == 0) {
        if (dup2(input, 0) < 0 || dup2(fileno(agent.written), 2) < 0 ||
            dup2(fetch, FETCH_SOCKET) != FETCH_SOCKET ||
            (!is_root && geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) ||
            (refusal && refuse() != 0))
            _exit(99);
        execl(copy, "idinqr-agent", (char *)NULL);
        _exit(98);
    }
    close(fetch);
    close(input);
    return agent;
}

static struct agent
start(int input, int is_root)
{
    return start_program(AGENT, input, is_root);
}

static struct agent
start_program_on_wire(const char *program, int is_root)
{
    int pair[2];
    struct agent agent;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    agent = start_program(program, pair[1], is_root);
    agent.wire = pair[0];
    return agent;
}

static struct agent
start_on_wire(int is_root)
{
    return start_program_on_wire(AGENT, is_root);
}

/* Its exit code, once it has ended; what it wrote in ret_text. */
static int
end(struct agent *agent, char *ret_text, size_t capacity)
{
    int status;

    if (agent->wire >= 0)
        close(agent->wire);
    ck_assert_int_eq(waitpid(agent->pid, &status, 0), agent->pid);
    ck_assert_msg(WIFEXITED(status), "it ended with status %#x", (unsigned)status);
    rewind(agent->written);
    ret_text[fread(ret_text, 1, capacity - 1, agent->written)] = '\0';
    fclose(agent->written);
    return WEXITSTATUS(status);
}

/* The next frame it sends; 0 when it has closed the wire. What it says of its jail depends on the
 * kernel and the build, and is passed over. */
static int
receive(const struct agent *agent, struct frame *ret_frame)
{
    struct pollfd wait = {.fd = agent->wire, .events = POLLIN};
    struct log_message log;
    int received;

    do {
        log.priority = LOG_ERR;
        ck_assert_int_eq(poll(&wait, 1, -1), 1);
        received = frame_receive(ret_frame, agent->wire);
        if (received == 1 && frame_type(ret_frame) == MESSAGE_LOG) {
            struct frame copy = *ret_frame;
            ck_assert_int_eq(message_read_log(&copy, &log), 0);
        }
    } while (received == 1 && log.priority == LOG_INFO);
    return received;
}

/* The next frame it sends must be of this type. */
static void
take(const struct agent *agent, enum message_type type, struct frame *ret_frame)
{
    ck_assert_int_eq(receive(agent, ret_frame), 1);
    ck_assert_int_eq(frame_type(ret_frame), type);
}

static void
must_log(const struct agent *agent, const char *line)
{
    struct log_message log;
    FRAME_AUTO frame;

    take(agent, MESSAGE_LOG, &frame);
    ck_assert_int_eq(message_read_log(&frame, &log), 0);
    ck_assert_int_eq(log.priority, LOG_ERR);
    ck_assert_str_eq(log.line, line);
}

static void
must_result(const struct agent *agent, int outcome)
{
    RESULT_AUTO result;
    FRAME_AUTO frame;

    take(agent, MESSAGE_RESULT, &frame);
    ck_assert_int_eq(message_read_result(&frame, &result), 0);
    ck_assert_int_eq(result.outcome, outcome);
}

/* The sanitizer links a library of C++, and makes calls that must not be refused. */
#ifdef SANITIZER
static const int has_sanitizer = 1;
#else
static const int has_sanitizer = 0;
#endif

TEST_CASE("program");

TEST(by_hand_it_only_says_what_it_is)
{
    char text[200];
    int pipes[2];
    struct agent agent = start(open("/dev/null", O_RDWR | O_CLOEXEC), 0);

    ck_assert_int_eq(end(&agent, text, sizeof text), 2);
    ck_assert_ptr_nonnull(strstr(text, "never by hand"));
    ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
    agent = start(pipes[0], 0);
    ck_assert_int_eq(end(&agent, text, sizeof text), 2);
    close(pipes[1]);
}

TEST(it_does_not_run_as_root, .why_not = geteuid() == 0 ? NULL : "only root could start it so")
{
    char text[200];
    struct agent agent = start_on_wire(1);

    must_log(&agent, "the agent refuses to run as root");
    must_result(&agent, IDQ_AGENT);
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

TEST(a_first_frame_that_is_no_start)
{
    char text[200];
    struct agent agent = start_on_wire(0);
    FRAME_AUTO frame;

    message_write_state(&frame, STATE_SCANNED);
    ck_assert_int_eq(frame_send(&frame, agent.wire), 0);
    /* It has nothing to say to who does not speak the protocol. */
    ck_assert_int_eq(receive(&agent, &frame), 0);
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

TEST(a_module_that_goes_without_a_word)
{
    char text[200];
    struct agent agent = start_on_wire(0);

    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

TEST(a_provider_that_it_has_not)
{
    char text[200];
    struct agent agent = start_on_wire(0);
    const struct start_message message = {.provider = "carrier-pigeon", .timeout_ms = 60000};
    FRAME_AUTO frame;

    message_write_start(&frame, &message);
    ck_assert_int_eq(frame_send(&frame, agent.wire), 0);
    must_log(&agent, "the agent has no provider of that name");
    must_result(&agent, IDQ_CONFIG);
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

/* What a running process has mapped, as /proc tells root. */
static int
has_mapped(pid_t pid, const char *library)
{
    char path[64], line[512];
    int found = 0;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, library) != NULL;
    fclose(maps);
    return found;
}

TEST(it_has_no_library_for_pictures_or_the_network,
     .why_not = geteuid() == 0 && !has_sanitizer ? NULL
                : has_sanitizer                  ? "the sanitizer links other libraries"
                                                 : "only root may look into an agent")
{
    static const char *const libraries[] = {"/libZXing", "/libpng", "/libstdc++", "/libcurl",
                                            "/libssl"};
    const struct start_message message = {.provider = "carrier-pigeon", .timeout_ms = 60000};
    char text[200];
    struct agent agent = start_on_wire(0);
    struct pollfd wait = {.fd = agent.wire, .events = POLLIN};
    FRAME_AUTO frame;

    message_write_start(&frame, &message);
    ck_assert_int_eq(frame_send(&frame, agent.wire), 0);
    /* All its libraries are there when it answers. It is held, as it ends before long. */
    ck_assert_int_eq(poll(&wait, 1, -1), 1);
    ck_assert_int_eq(kill(agent.pid, SIGSTOP), 0);
    ck_assert(has_mapped(agent.pid, "/libcrypto"));
    for (size_t i = 0; i < ARRAY_LENGTH(libraries); i++)
        ck_assert(!has_mapped(agent.pid, libraries[i]));
    ck_assert_int_eq(kill(agent.pid, SIGCONT), 0);
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
}

static int
is_provider(int row)
{
    return provider_table_at((size_t)row) != NULL;
}

/* Without its settings each fails in its own way; but it is there. */
LOOP_TEST(each_provider_is_there, 8, .has_row = is_provider)
{
    const struct provider_description *provider = provider_table_at((size_t)_i);
    struct start_message message = {.timeout_ms = 60000};
    char text[200];
    struct log_message log;
    FRAME_AUTO frame;
    int type = 0;

    struct agent agent = start_on_wire(0);
    strcpy(message.provider, provider->name);
    message_write_start(&frame, &message);
    ck_assert_int_eq(frame_send(&frame, agent.wire), 0);
    while (type != MESSAGE_RESULT) {
        struct pollfd wait = {.fd = agent.wire, .events = POLLIN};
        ck_assert_int_eq(poll(&wait, 1, -1), 1);
        ck_assert_int_eq(frame_receive(&frame, agent.wire), 1);
        type = (int)frame_type(&frame);
        if (type == MESSAGE_LOG && message_read_log(&frame, &log) == 0)
            ck_assert_ptr_null(strstr(log.line, "has no provider"));
    }
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
}

TEST(settings_that_are_missing)
{
    char text[200];
    struct agent agent = start_on_wire(0);
    struct start_message message = {.provider = "idin-qr", .timeout_ms = 60000};
    FRAME_AUTO frame;

    message_write_start(&frame, &message);
    ck_assert_int_eq(frame_send(&frame, agent.wire), 0);
    must_log(&agent, "signing_key is too short, or not in its encoding");
    must_result(&agent, IDQ_CONFIG);
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
}

#define NO_JAIL "the kernel, or a container, does not let the agent into its jail"

/* Each step of the jail. The steps themselves are tested in test_jail.c; here, that each process
 * takes them all, and none is for show. */
static const struct refusal refusals[] = {
    {"core files and tracing", SCMP_SYS(prctl), PR_SET_DUMPABLE, EPERM, NULL, 0, 0},
    {"limits", SCMP_SYS(prlimit64), -1, EPERM, NULL, 0, 0},
    {"ignored signals", SCMP_SYS(rt_sigaction), SIGXFSZ, EINVAL, NULL, 0, 0},
    {"Landlock", SCMP_SYS(landlock_restrict_self), -1, E2BIG, NO_JAIL, 1, 0},
    {"the filter on system calls", SCMP_SYS(seccomp), -1, EINVAL, NO_JAIL, 0, 0},
    {"the second layer of Landlock", SCMP_SYS(landlock_add_rule), -1, EINVAL, NO_JAIL, 1, 1},
};

static const char *
why_not_refused(int i)
{
    const char *why = has_sanitizer || refusals[i].line ? jail_trial_why_not() : NULL;

    if (!why && refusals[i].needs_landlock && landlock_abi() == 0)
        why = "this kernel has no Landlock";
    return why;
}

static int
is_refused_to_agents(int i)
{
    return !why_not_refused(i) && !refusals[i].is_fetchs;
}

static int
is_refused_to_others(int i)
{
    if (why_not_refused(i))
        runner_skip(refusals[i].step, why_not_refused(i));
    return !why_not_refused(i);
}

LOOP_TEST(a_step_of_the_jail_that_is_refused, ARRAY_LENGTH(refusals),
          .has_row = is_refused_to_agents)
{
    const struct start_message message = {.provider = "carrier-pigeon", .timeout_ms = 60000};
    char text[200];
    FRAME_AUTO frame;

    refusal = &refusals[_i];
    struct agent agent = start_on_wire(0);
    message_write_start(&frame, &message);
    ck_assert_int_eq(frame_send(&frame, agent.wire), 0);
    if (refusal->line)
        must_log(&agent, refusal->line);
    must_result(&agent, IDQ_SYSTEM);
    ck_assert_int_eq(end(&agent, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

static const struct {
    const char *program, *line;
} helpers[] = {
    {BUILD_DIR "/idinqr-fetch",
     "the kernel, or a container, does not let the fetch process into its jail"},
    {BUILD_DIR "/idinqr-picture",
     "the kernel, or a container, does not let the picture reader into its jail"},
};

/* In its jail either would end with 0 when its socket closes. */
static void
must_not_start(int i)
{
    const struct fetch_setup setup = {.n_ports = 1, .ports = {443}};
    char text[200];
    FRAME_AUTO frame;
    struct agent helper = start_program_on_wire(helpers[i].program, 0);

    message_write_setup(&frame, &setup);
    if (i == 0)
        ck_assert_int_eq(frame_send(&frame, helper.wire), 0);
    if (refusal->line)
        must_log(&helper, helpers[i].line);
    ck_assert_int_eq(end(&helper, text, sizeof text), 1);
    ck_assert_str_eq(text, "");
}

LOOP_TEST(a_step_of_the_others_jail_that_is_refused, ARRAY_LENGTH(refusals),
          .has_row = is_refused_to_others)
{
    refusal = &refusals[_i];
    must_not_start(0);
    if (!refusal->is_fetchs)
        must_not_start(1);
}

RUN_TESTS("agent", NULL);
