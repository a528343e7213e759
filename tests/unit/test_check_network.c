/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check` on this machine, by the real agent, against the real sandbox: what the network,
 * TLS and the backend's clock are found to be, and that no session starts. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/qr_backend.h"
#include "tests/harness/desk.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"
#include "tests/unit/jail_trial.h"

#include <errno.h>
#include <libgen.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct qr_backend *
sandbox(const char *fault)
{
    char *agent = desk_copy_agent();
    struct qr_backend *backend = qr_backend_start(
        (const char *const[]){"--agent", agent, fault ? "--fault" : NULL, fault, NULL});

    return backend;
}

/* The command of the first finding with a text in it. */
static const char *
command_of(const struct output *output, const char *word)
{
    json_t *findings = check_fixture_read(output), *finding;
    const char *command = NULL;
    size_t i;

    json_array_foreach(
        findings, i,
        finding) if (!command && strstr(json_string_value(json_object_get(finding, "text")), word))
        command = scratch_text("%s", json_string_value(json_object_get(finding, "command")));
    json_decref(findings);
    ck_assert_msg(command != NULL, "%s", output->out);
    return command;
}

/* How many findings of these kinds there are, and whether one has a text in it. */
static size_t
count(const struct output *output, const char *kind, const char *word)
{
    json_t *findings = check_fixture_read(output), *finding;
    size_t i, n = 0;

    json_array_foreach(findings, i, finding) n +=
        strcmp(json_string_value(json_object_get(finding, "kind")), kind) == 0 &&
        strstr(json_string_value(json_object_get(finding, "text")), word);
    json_decref(findings);
    return n;
}

TEST_CASE("sandbox");

TEST(a_backend_that_answers)
{
    BACKEND_AUTO *backend = sandbox(NULL);
    OUTPUT_AUTO output = RUN(qr_backend_conf_file(backend), "", "check", "--json");

    ck_assert_msg(count(&output, "network", "") + count(&output, "tls", "") +
                          count(&output, "clock", "") + count(&output, "agent", "") ==
                      0,
                  "%s", output.out);
    ck_assert_uint_ge(count(&output, "config-loopback", "this machine"), 2);
    ck_assert_int_eq(qr_backend_count(backend, "generate"), 0);
    ck_assert_int_eq(qr_backend_count(backend, "status"), 0);
}

TEST(a_clock_that_is_wrong)
{
    BACKEND_AUTO *backend = sandbox("clock-behind");
    OUTPUT_AUTO output = RUN(qr_backend_conf_file(backend), "", "check", "--json");

    ck_assert_int_eq(output.status, 2);
    ck_assert_msg(count(&output, "clock", "seconds ahead") > 0, "%s", output.out);
}

/* A copy of the configuration with one more line above its sections. */
static char *
conf_with(const struct qr_backend *backend, const char *from, const char *to)
{
    char *dir = scratch_dir("conf"), *path = scratch_path(dir, "idinqr.conf");
    char *text = scratch_read(qr_backend_conf_file(backend));

    scratch_write(path, 0600, text);
    check_fixture_change(dir, "idinqr.conf", from, to);
    return path;
}

TEST(a_certificate_that_does_not_hold)
{
    BACKEND_AUTO *backend = sandbox(NULL);
    char *conf = conf_with(backend, "\n[idin-qr]",
                           "\npin_sha256 = "
                           "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n[idin-qr]");
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json");
    OUTPUT_AUTO offline = RUN(conf, "", "check", "--json", "--offline");

    ck_assert_int_eq(output.status, 2);
    ck_assert_msg(count(&output, "tls", "pin_sha256: status_url: ") == 1, "%s", output.out);
    ck_assert_uint_eq(count(&offline, "tls", ""), 0);
    /* The command tries what the agent has tried, as its user. */
    ck_assert_str_eq(command_of(&output, "pin_sha256: status_url: "),
                     scratch_text("%scurl --verbose --output /dev/null --noproxy '*' --cacert %s "
                                  "--pinnedpubkey "
                                  "'sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' %s",
                                  geteuid() == 0 ? "runuser -u idinqr -- " : "",
                                  qr_backend_setting(backend, "ca_file"),
                                  qr_backend_setting(backend, "status_url")));
}

/* Of two servers with the same name, another's certificate. */
TEST(a_certificate_of_another_ca)
{
    BACKEND_AUTO *backend = sandbox(NULL);
    BACKEND_AUTO *other = sandbox(NULL);
    char *conf = conf_with(backend, qr_backend_setting(backend, "ca_file"),
                           qr_backend_setting(other, "ca_file"));
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json");

    ck_assert_msg(count(&output, "tls", "ca_file: status_url: ") == 1, "%s", output.out);
    conf = conf_with(backend, "ca_file = ", "#");
    OUTPUT_AUTO unset = RUN(conf, "", "check", "--json");
    ck_assert_msg(count(&unset, "tls", "; ca_file is not set: is the package ca-certificates ") > 0,
                  "%s", unset.out);
}

TEST(a_proxy_that_is_not_there)
{
    BACKEND_AUTO *backend = sandbox(NULL);
    char *conf = conf_with(backend, "\n[idin-qr]", "\nproxy = http://127.0.0.1:9\n[idin-qr]");
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json");

    ck_assert_msg(count(&output, "network", "proxy: qr_backend_url: ") == 1, "%s", output.out);
    ck_assert_ptr_nonnull(
        strstr(command_of(&output, "proxy: "), "--proxy http://127.0.0.1:9 --cacert "));
}

TEST(nobody_there)
{
    struct qr_backend *backend = sandbox(NULL);
    char *conf = conf_with(backend, "\n[idin-qr]", "\n[idin-qr]");
    OUTPUT_AUTO output = {0};

    qr_backend_stop(&backend);
    output = RUN(conf, "", "check", "--json");
    ck_assert_int_eq(output.status, 2);
    ck_assert_msg(count(&output, "network", "qr_backend_url: ") == 1, "%s", output.out);
    ck_assert_msg(count(&output, "network", "proxy") == 0, "%s", output.out);
    ck_assert_uint_eq(count(&output, "agent", ""), 0);
}

/* Listens, and never answers. Returns a socket, with its port. */
static int
listen_in_silence(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Ends with 0 if two connections are open at the same time. */
static pid_t
start_to_accept(int fd)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        ck_assert_int_eq(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
        struct pollfd first = {.fd = accept(fd, NULL, NULL), .events = POLLRDHUP};
        int second = accept(fd, NULL, NULL);
        if (first.fd < 0 || second < 0 || poll(&first, 1, 0) != 0)
            _exit(1);
        (void)pause(); /* both stay open until the test ends this process */
    }
    return pid;
}

TEST(hosts_that_never_answer_are_asked_side_by_side)
{
    BACKEND_AUTO *backend = sandbox(NULL);
    unsigned port;
    int status, fd = listen_in_silence(&port);
    char *url = scratch_text("https://127.0.0.1:%u/", port);
    char *conf = conf_with(backend, qr_backend_setting(backend, "qr_backend_url"), url);
    pid_t server = start_to_accept(fd);

    check_fixture_change(dirname(scratch_text("%s", conf)), "idinqr.conf",
                         qr_backend_setting(backend, "status_url"), url);
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json");
    ck_assert_msg(count(&output, "network", "qr_backend_url: ") == 1, "%s", output.out);
    ck_assert_msg(count(&output, "network", "status_url: ") == 1, "%s", output.out);
    ck_assert_uint_eq(count(&output, "agent", ""), 0);
    ck_assert_int_eq(waitpid(server, &status, WNOHANG), 0); /* it has not ended with 1 */
    ck_assert_int_eq(kill(server, SIGKILL), 0);
    ck_assert_int_eq(waitpid(server, &status, 0), server);
    ck_assert_int_eq(close(fd), 0);
}

/* The fetch process is needed by each provider, a picture reader by the one with pictures alone. */
TEST(which_programs_are_started)
{
    char *dir = scratch_dir("agents"), *agent = scratch_path(dir, "idinqr-agent");

    desk_copy_program(BUILD_DIR "/idinqr-agent", dir, "idinqr-agent", agent_user_mode());
    BACKEND_AUTO *without = qr_backend_start(
        (const char *const[]){"--agent", agent, "--provider", "oidc-device", NULL});
    BACKEND_AUTO *with = qr_backend_start((const char *const[]){"--agent", agent, NULL});
    OUTPUT_AUTO alone = RUN(qr_backend_conf_file(without), "", "check", "--json");
    desk_copy_program(BUILD_DIR "/idinqr-fetch", dir, "idinqr-fetch", agent_user_mode());
    OUTPUT_AUTO found = RUN(qr_backend_conf_file(without), "", "check", "--json");
    OUTPUT_AUTO missing = RUN(qr_backend_conf_file(with), "", "check", "--json");

    ck_assert_int_eq(alone.status, 2);
    ck_assert_msg(count(&alone, "agent", "No such file") == 1 && strstr(alone.out, "idinqr-fetch"),
                  "%s", alone.out);
    ck_assert_msg(count(&found, "agent", "") + count(&found, "network", "") == 0, "%s", found.out);
    ck_assert_int_eq(missing.status, 2);
    ck_assert_msg(count(&missing, "agent", "No such file") > 0, "%s", missing.out);
    ck_assert_uint_eq(count(&missing, "network", ""), 0);
}

/* The module's part of it is looked at first, then what the agent can read. */
TEST(keys_that_cannot_be_used)
{
    char *agent = desk_copy_agent();
    BACKEND_AUTO *backend = qr_backend_start(
        (const char *const[]){"--agent", agent, "--provider", "oidc-device", NULL});
    char *keys = scratch_path(qr_backend_dir(backend), "jwks.json"), *long_text;
    OUTPUT_AUTO right = RUN(qr_backend_conf_file(backend), "", "check", "--json");

    ck_assert_msg(count(&right, "jwks-file", "") == 0, "%s", right.out);
    long_text = scratch_text("%4097s", "");
    const struct {
        const char *text;
        mode_t mode;
        const char *word;
    } rows[] = {
        {"", 0644, "it is not a JWK Set in JSON"},
        {"{\"keys\":[]}", 0644, "it holds no key for RS256, ES256 or EdDSA"},
        {long_text, 0644, "is larger than 4096 bytes"},
        {"{\"keys\":[]}", 0666, "can be written by others"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        scratch_write(keys, rows[i].mode, rows[i].text);
        OUTPUT_AUTO output = RUN(qr_backend_conf_file(backend), "", "check", "--json");
        ck_assert_int_eq(output.status, 2);
        ck_assert_msg(count(&output, "jwks-file", rows[i].word) == 1 &&
                          count(&output, "jwks-file", "") == 1 && count(&output, "agent", "") == 0,
                      "%s: %s", rows[i].word, output.out);
    }
}

/* Only the agent reads it as a key. */
TEST(a_client_key_that_cannot_be_used)
{
    char *agent = desk_copy_agent();
    BACKEND_AUTO *backend = qr_backend_start(
        (const char *const[]){"--agent", agent, "--provider", "oidc-device", NULL});
    char *key = scratch_path(qr_backend_dir(backend), "client.pem");
    char *conf = scratch_path(qr_backend_dir(backend), "with-key.conf");
    char *text = scratch_read(qr_backend_conf_file(backend)),
         *at = strstr(text, "client_secret = ");

    ck_assert_ptr_nonnull(at);
    scratch_write(conf, 0600,
                  scratch_text("%.*sclient_auth = private_key_jwt\nclient_key_file = %s%s",
                               (int)(at - text), text, key, at + strcspn(at, "\n")));
    scratch_write(key, 0600, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json");
    ck_assert_msg(count(&output, "config", "client_key_file: is not a private key in PEM") == 1 &&
                      count(&output, "config", "") == 1 && count(&output, "agent", "") == 0,
                  "%s", output.out);
    ck_assert_int_eq(output.status, 2);
}

/* The file, if it is there; and what is found once, however many URLs the provider has. */
static const struct {
    const char *name, *text;
    mode_t mode;
    const char *word;
} broken_agents[] = {
    {"gone", NULL, 0, "No such file"},
    {"for-root", "x\n", 0700, "the agent's user cannot run it"},
    {"anybodys", "x\n", 0777, "written by others"},
    {"no-program", "x\n", 0755, "is empty or cut off"},
};

LOOP_TEST(an_agent_that_does_not_work, ARRAY_LENGTH(broken_agents))
{
    char *dir = scratch_dir("agents"), *agent = scratch_path(dir, broken_agents[_i].name);
    BACKEND_AUTO *backend = qr_backend_start((const char *const[]){"--agent", agent, NULL});
    OUTPUT_AUTO output = {0};

    desk_copy_helpers(dir);
    if (broken_agents[_i].text)
        scratch_write(agent, broken_agents[_i].mode, broken_agents[_i].text);
    output = RUN(qr_backend_conf_file(backend), "", "check", "--json");
    ck_assert_msg(count(&output, "agent", broken_agents[_i].word) == 1, "%s", output.out);
    ck_assert_msg(count(&output, "agent", "") == 1, "%s", output.out);
    ck_assert_uint_eq(count(&output, "network", ""), 0);
}

/* The module would refuse every login of an application with root's rights. */
TEST(tries_that_cannot_be_counted, .why_not = geteuid() == 0 ? NULL : "root's are counted")
{
    BACKEND_AUTO *backend = sandbox(NULL);
    char *dir = scratch_dir("tries"), *none = scratch_path(dir, "none"),
         *tries = scratch_path(dir, "tries"), *conf;
    OUTPUT_AUTO missing = {0}, open = {0}, mended = {0}, other = {0};

    conf = conf_with(backend, "tries_in_all = 0",
                     scratch_text("tries_in_all = 9\ntries_file = %s/tries", none));
    missing = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_msg(count(&missing, "config", "tries_file: is this path right? ") == 1, "%s",
                  missing.out);
    ck_assert_str_eq(command_of(&missing, "its directory is missing"),
                     scratch_text("mkdir -p %s", none));
    conf = conf_with(backend, "tries_in_all = 0",
                     scratch_text("tries_in_all = 9\ntries_file = %s", tries));
    scratch_write(tries, 0644, "");
    open = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_str_eq(command_of(&open, "that only root can open"), scratch_text("rm %s", tries));
    ck_assert_int_eq(unlink(tries), 0);
    mended = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_msg(count(&mended, "config", "") == 0, "%s", mended.out);
    /* The path of another file was set: nothing may say to remove it. */
    scratch_write(tries, 0600, "root:*:19000:0:99999:7:::\n");
    other = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_msg(count(&other, "config", "tries_file: is this path right? ") == 1, "%s",
                  other.out);
    ck_assert_ptr_null(strstr(other.out, "rm "));
    ck_assert_ptr_null(strstr(other.out, "remov"));
}

/* No path was set, so that it is this file is certain. */
TEST(a_default_file_of_tries_that_is_none, .why_not = namespace_why_not())
{
    BACKEND_AUTO *backend = sandbox(NULL);
    char *conf = conf_with(backend, "tries_in_all = 0", "tries_in_all = 9");
    OUTPUT_AUTO output = {0}, link = {0};

    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("", "/", "", MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("none", "/run", "tmpfs", 0, NULL), 0);
    scratch_write("/run/idinqr.tries", 0600, "\n");
    output = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_str_eq(command_of(&output, "is not a file of tries; removing it resets them"),
                     "rm -r /run/idinqr.tries");
    ck_assert_int_eq(unlink("/run/idinqr.tries"), 0);
    ck_assert_int_eq(symlink("/etc/shadow", "/run/idinqr.tries"), 0);
    link = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_str_eq(command_of(&link, "is not a file of tries; removing it resets them"),
                     "rm -r /run/idinqr.tries");
}

/* It starts, and is another one. */
static const struct {
    const char *name, *word;
} programs[] = {
    {"idinqr-agent", ""},
    {"idinqr-fetch", "the fetch process has ended before its answer"},
    {"idinqr-picture", "the picture reader has ended before its answer"},
};

LOOP_TEST(another_program_in_its_place, ARRAY_LENGTH(programs))
{
    char *agent = desk_copy_agent(), *dir = dirname(scratch_text("%s", agent)), *program;
    BACKEND_AUTO *backend = qr_backend_start((const char *const[]){"--agent", agent, NULL});
    OUTPUT_AUTO output = {0};

    program = scratch_path(dir, programs[_i].name);
    ck_assert_int_eq(unlink(program), 0);
    desk_copy_program("/bin/true", dir, programs[_i].name, agent_user_mode());
    output = RUN(qr_backend_conf_file(backend), "", "check", "--json");
    ck_assert_msg(count(&output, "agent", programs[_i].word) == 1 &&
                      count(&output, "agent", "") == 1 && count(&output, "network", "") == 0,
                  "%s", output.out);
    ck_assert_ptr_nonnull(strstr(output.out, scratch_text("\"file\": \"%s\"", program)));
    ck_assert_ptr_nonnull(
        strstr(output.out, "\"command\": \"make -C /PATH/OF/THE/BUILD install\""));
}

TEST(a_file_system_where_no_program_may_run, .why_not = namespace_why_not())
{
    char *agent = desk_copy_agent(), *dir = dirname(scratch_text("%s", agent));
    BACKEND_AUTO *backend = qr_backend_start((const char *const[]){"--agent", agent, NULL});
    OUTPUT_AUTO output = {0};

    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("", "/", "", MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount(dir, dir, "", MS_BIND, NULL), 0);
    ck_assert_int_eq(mount("", dir, "", MS_BIND | MS_REMOUNT | MS_NOEXEC, NULL), 0);
    output = RUN(qr_backend_conf_file(backend), "", "check", "--json");
    ck_assert_msg(count(&output, "agent", "noexec") == 1, "%s", output.out);
    ck_assert_msg(count(&output, "agent", "") == 1, "%s", output.out);
    ck_assert_str_eq(command_of(&output, "noexec"), scratch_text("findmnt --target %s", agent));
}

TEST_CASE("jail");

/* What this process is refused, those that it starts are. */
TEST(a_kernel_without_landlock, .why_not = jail_trial_why_not())
{
    BACKEND_AUTO *backend = sandbox(NULL);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    OUTPUT_AUTO output = {0};

    ck_assert_int_eq(
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0), 0);
    ck_assert_int_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
    output = RUN(qr_backend_conf_file(backend), "", "check", "--json");
    ck_assert_msg(count(&output, "agent-jail", "the kernel has no Landlock") == 1, "%s",
                  output.out);
    ck_assert_uint_eq(count(&output, "agent", ""), 0);
}

RUN_TESTS("check_network", agent_user_why_not());
