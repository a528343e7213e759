/* SPDX-License-Identifier: BSD-3-Clause */
/* The jail of the real relay: while it serves, it is jailed. A system call that is not on its list
 * ends it, and its log names the call. */
#include <build.h>

#include "tests/harness/deadline.h"
#include "tests/harness/processes.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_trial.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/relay/relay_jail.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TEST_CASE("jail", .teardown = relay_login_end, .timeout_s = 120);

TEST(a_relay_that_serves)
{
    static const char *const lines[] = {"\nNoNewPrivs:\t1\n", "\nSeccomp:\t2\n", "\nThreads:\t1\n",
                                        "\nCapEff:\t0000000000000000\n"};
    char number[7], *status, *limits;
    pid_t pid;

    relay_login_begin(NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    pid = processes_find_below(getpid(), "idinqr-relay");
    ck_assert_int_gt(pid, 0);
    status = scratch_read(scratch_text("/proc/%d/status", (int)pid));
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        ck_assert_msg(strstr(status, lines[i]) != NULL, "no %s in:\n%s", lines[i], status);
    limits = scratch_read(scratch_text("/proc/%d/limits", (int)pid));
    ck_assert_ptr_nonnull(strstr(limits, "Max core file size        0 "));
    relay_must_succeed(number);
}

static const char conf_text[] = "public_url = https://desk.example.nl\n"
                                "behind_proxy = yes\n"
                                "%s%s%s\n"
                                "upstream = acquirer\n"
                                "[acquirer]\n"
                                "merchant_id = 0050000001\n"
                                "acquirer_id = 0050\n"
                                "legal_id = NL00ZZZ00000000\n"
                                "directory_url = https://acquirer.example.nl/\n"
                                "transaction_url = https://acquirer.example.nl:8443/\n"
                                "status_url = https://acquirer.example.nl/\n"
                                "merchant_key_file = /missing\n"
                                "merchant_certificate_file = /missing\n"
                                "certificate_file = /missing\n";

/* Where the keys and the database are, by default. */
TEST(the_database_has_a_directory_of_its_own)
{
    struct relay_config *config;
    char *conf = scratch_path(scratch_dir("etc"), "relay.conf");
    struct diag diag;

    scratch_write(conf, 0644, scratch_text(conf_text, "", "", ""));
    ck_assert_int_eq(relay_config_load(conf, &config, &diag), 0);
    ck_assert_str_eq(config->database, "/var/lib/idinqr-relay/db/relay.db");
    ck_assert_str_eq(config->map_key_file, "/var/lib/idinqr-relay/map.key");
    ck_assert_str_eq(config->signing_key_file, "/var/lib/idinqr-relay/signing.key");
    relay_config_free(&config);
}

static void
forget_directory(void)
{
    sqlite3 *database;

    ck_assert_int_eq(
        sqlite3_open(scratch_path(relay_server_dir(relay_here), "db/relay.db"), &database),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "DELETE FROM directory", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

/* libcurl looks for it in a thread. */
TEST(a_name_that_does_not_exist)
{
    struct deadline deadline = deadline_in(30000);
    char *conf, *text, *line;
    FILE *file;

    relay_here = relay_server_new(NULL);
    relay_server_stop(relay_here);
    forget_directory();
    conf = relay_server_conf(relay_here);
    text = scratch_read(conf);
    line = strstr(text, "directory_url = ");
    text = scratch_text("%.*sdirectory_url = https://acquirer.invalid/%s", (int)(line - text), text,
                        strchr(line, '\n'));
    file = fopen(conf, "we"); /* in its place: it keeps its owner */
    ck_assert(file && fputs(text, file) >= 0);
    ck_assert_int_eq(fclose(file), 0);
    relay_server_start(relay_here);
    while (!strstr(relay_server_log(relay_here), "host: acquirer.invalid") &&
           deadline_left(deadline, 1) > 0)
        (void)poll(NULL, 0, 20);
    ck_assert_msg(strstr(relay_server_log(relay_here), "host: acquirer.invalid") != NULL, "%s",
                  relay_server_log(relay_here));
}

/* --- attempts in the jail of a process like it -------------------------------------------------
 */

static char *state, *outside;

static int
write_in_state(void)
{
    int fd = open(scratch_path(state, "db/new"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && ftruncate(fd, 0) == 0 &&
           unlink(scratch_path(state, "db/new")) == 0;
}

/* The keys are beside the directory of the database. */
static int
spoil_a_key(const char *name)
{
    const char *key = scratch_path(state, name);

    return open(key, O_RDWR | O_CLOEXEC) < 0 && errno == EACCES && unlink(key) != 0 &&
           errno == EACCES && access(key, F_OK) == 0;
}

static int
truncate_a_key(void)
{
    return truncate(scratch_path(state, "map.key"), 0);
}

static int
rename_a_key(void)
{
    return rename(scratch_path(state, "map.key"), scratch_path(state, "db/map.key"));
}

static int
replace_a_key(void)
{
    return rename(scratch_path(state, "db/file"), scratch_path(state, "map.key"));
}

static int
spoil_keys(void)
{
    return spoil_a_key("map.key") && spoil_a_key("signing.key");
}

static int
write_nowhere(void)
{
    return open(scratch_path(state, "new"), O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0 &&
           errno == EACCES;
}

static int
open_a_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static int
open_no_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno == EPERM;
}

static int
write_elsewhere(void)
{
    return open(outside, O_RDWR | O_CLOEXEC) < 0 && errno == EACCES;
}

static int
make_elsewhere(void)
{
    return open(scratch_text("%s.new", outside), O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0 &&
           errno == EACCES;
}

static int
remove_elsewhere(void)
{
    return unlink(outside) != 0 && errno == EACCES;
}

static int
read_elsewhere(void)
{
    return open(outside, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
}

static int
read_resolver(void)
{
    return open("/etc/hosts", O_RDONLY | O_CLOEXEC) >= 0;
}

static int
execute(void)
{
    execl("/bin/true", "true", NULL);
    return 0;
}

static int
fork_one(void)
{
    return fork() < 0;
}

static int
kill_parent(void)
{
    return kill(1, 0);
}

static int
listen_again(void)
{
    const struct sockaddr_in any = {.sin_family = AF_INET};

    return bind(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (const struct sockaddr *)&any,
                sizeof any);
}

static const struct {
    int (*attempt)(void); /* returns 1 if all is as it must be */
    const char *call;     /* at which the process ends; NULL: it goes on */
    const char *database; /* NULL: a file */
} attempts[] = {
    {write_in_state, NULL, NULL},
    {spoil_keys, NULL, NULL},
    {write_elsewhere, NULL, NULL},
    {make_elsewhere, NULL, NULL},
    {remove_elsewhere, NULL, NULL},
    {read_elsewhere, NULL, NULL},
    {read_resolver, NULL, NULL},
    {open_no_unix_socket, NULL, NULL},
    {truncate_a_key, "truncate", NULL},
    {rename_a_key, "rename", NULL},
    {replace_a_key, "rename", NULL},
    {execute, "execve", NULL},
    {fork_one, "clone", NULL},
    {kill_parent, "kill", NULL},
    {listen_again, "bind", NULL},
#ifdef HAVE_LIBPQ
    {write_nowhere, NULL, "postgresql://a/b"},
    {open_no_unix_socket, NULL, "postgresql://a/b"},
    {write_nowhere, NULL, "postgresql:///b?host=/run/postgresql"},
    {open_a_unix_socket, NULL, "postgresql:///b?host=/run/postgresql"},
#endif
};

static void
be_jailed(const char *conf, int (*attempt)(void))
{
    struct relay_config *config;
    struct diag diag;

    jail_trial_drop_root();
    if (relay_config_load(conf, &config, &diag) != 0 || relay_jail_begin() != 0 ||
        relay_jail_close(config, &diag) != 0) {
        fprintf(stderr, "no jail: %s\n", diag.text);
        _exit(2);
    }
    _exit(attempt() == 1 ? 0 : 1);
}

static const char *const files[] = {"map.key", "signing.key", "db/file"};

LOOP_TEST(an_attempt, ARRAY_LENGTH(attempts))
{
    char *dir = scratch_dir("etc"), *conf = scratch_path(dir, "relay.conf");
    char *log = scratch_path(dir, "log"), *said, *dir_outside;
    const char *uri = attempts[_i].database;
    int status;

    state = scratch_dir("state");
    dir_outside = scratch_dir("outside");
    outside = scratch_path(dir_outside, "file");
    scratch_write(outside, 0666, "text");
    ck_assert_int_eq(chmod(state, 0777), 0);
    ck_assert_int_eq(mkdir(scratch_path(state, "db"), 0777), 0);
    ck_assert_int_eq(chmod(scratch_path(state, "db"), 0777), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        scratch_write(scratch_path(state, files[i]), 0666, "key");
        ck_assert_int_eq(chmod(scratch_path(state, files[i]), 0666), 0);
    }
    ck_assert_int_eq(chmod(dir_outside, 0777), 0);
    scratch_write(
        conf, 0644,
        scratch_text(conf_text, "database = ", uri ? "" : state, uri ? uri : "/db/relay.db"));
    pid_t child = fork();
    if (child == 0) {
        ck_assert_ptr_nonnull(freopen(log, "we", stderr));
        be_jailed(conf, attempts[_i].attempt);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    said = scratch_read(log);
    if (!attempts[_i].call) {
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x: %s", status, said);
        return;
    }
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%#x: %s", status, said);
    ck_assert_msg(strstr(said, scratch_text("the relay's jail ended it at the system call %s (",
                                            attempts[_i].call)) != NULL,
                  "%s", said);
}

RUN_TESTS("relay_jail", jail_trial_why_not());
