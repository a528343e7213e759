/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check` as monitoring runs it, by the lines of MONITORING in idinqr(1): the real Nagios
 * and NRPE, whose user has no rights but by sudo, the real exporter of Prometheus, and jq. Needs
 * root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/desk.h"
#include "tests/harness/http_client.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"
#include "tests/unit/manual_text.h"

#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 60000
#define LOOK_MS 20

/* A machine below a root directory, and a directory with an idinqr that checks it. */
struct machine {
    char *root, *bin;
};

/* Each state is worse than the one before. The last has more services than are taken. */
enum state { OK, WARNING, CRITICAL, UNKNOWN, STATES };

static const char *const lines[STATES] = {
    [OK] = "IDINQR OK: 0 errors, 0 warnings, 0 notes | errors=0 warnings=0 notes=0\n",
    [WARNING] = "IDINQR WARNING: 0 errors, 1 warning, 0 notes: login-timeout"
                " | errors=0 warnings=1 notes=0\n",
    [CRITICAL] = "IDINQR CRITICAL: 3 errors, 1 warning, 0 notes: pam-group, login-timeout"
                 " | errors=3 warnings=1 notes=0\n",
    [UNKNOWN] = ". This check is incomplete. | errors=",
};

static void
bring_to(const struct machine *machine, enum state state)
{
    if (state == WARNING)
        check_fixture_change(machine->root, "etc/login.defs", "180", "100");
    if (state == CRITICAL)
        check_fixture_change(machine->root, "etc/group", "idinqr-emergency", "emergency");
    for (unsigned i = 0; state == UNKNOWN && i < 600; i++)
        check_fixture_write(machine->root, scratch_text("etc/pam.d/service%u", i), 0644,
                            "auth sufficient pam_idinqr.so\n");
}

/* Writes the idinqr that is found first. `arguments` follow those that it is given. */
static void
write_idinqr(const struct machine *machine, const char *arguments)
{
    char *path = scratch_path(machine->bin, "idinqr"), *new = scratch_path(machine->bin, "new");

    scratch_write(new, 0755,
                  scratch_text("#!/bin/sh\nexec %s/program \"$@\" %s\n", machine->bin, arguments));
    ck_assert_int_eq(rename(new, path), 0); /* another may be running */
}

static void
open_machine(struct machine *ret_machine)
{
    namespace_enter();
    namespace_enter_network();
    ret_machine->root = check_fixture();
    ret_machine->bin = scratch_dir("bin");
    ck_assert_int_eq(chmod(ret_machine->root, 0755), 0);
    desk_copy_program(TOOL, ret_machine->bin, "program", 0755);
    write_idinqr(ret_machine, scratch_text("--root=%s --conf=%s/etc/idinqr.conf", ret_machine->root,
                                           ret_machine->root));
    ck_assert_int_eq(
        setenv("PATH", scratch_text("%s:/usr/sbin:/usr/bin:/sbin:/bin", ret_machine->bin), 1), 0);
}

/* What a command prints, and its exit status behind it. */
static char *
end_of(const char *command)
{
    return manual_output_of(scratch_text("{ %s; } 2>&1; echo \"status $?\"", command));
}

/* The next example of MONITORING that begins with this text. */
static char *
example(const char *begin)
{
    char *section = manual_section("man/idinqr.1", "MONITORING"),
         *text = manual_between(section, scratch_text("indent\n%s", begin), ".Ed");

    return scratch_text("%s%s", begin, text);
}

/* A line that names /usr/bin/idinqr, with the idinqr of these tests. */
static char *
with_idinqr(const struct machine *machine, const char *line)
{
    static const char installed[] = "/usr/bin/idinqr";
    const char *at = strstr(line, installed);

    ck_assert_ptr_nonnull(at);
    return scratch_text("%.*s%s/idinqr%s", (int)(at - line), line, machine->bin,
                        at + strlen(installed));
}

static struct child *
start_nrpe(const struct machine *machine)
{
    static const char *const argv[] = {"/usr/sbin/nrpe", "-c", "/etc/nagios/nrpe.cfg", "-f", NULL};
    struct deadline deadline = deadline_in(WAIT_MS);
    char *sudoers = scratch_read("/etc/sudoers"), *log = scratch_path(machine->bin, "log");

    scratch_write("/etc/sudoers", 0440, scratch_text("%s@includedir /etc/sudoers.d\n", sudoers));
    scratch_write("/etc/sudoers.d/idinqr", 0440, with_idinqr(machine, example("nagios ALL")));
    scratch_write("/etc/nagios/nrpe.d/idinqr.cfg", 0644,
                  with_idinqr(machine, example("command[check_idinqr]")));
    /* No login of the module's, as none is asked for. */
    namespace_pam_service("sudo", "auth required pam_deny.so\naccount required pam_permit.so\n"
                                  "session required pam_permit.so\n");
    ck_assert_int_eq(mkdir("/run/nagios", 0777), 0);
    struct child *nrpe = child_start(argv, log);
    while (strstr(end_of("/usr/lib/nagios/plugins/check_nrpe -H 127.0.0.1"), "status 0") == NULL) {
        if (deadline_left(deadline, 1) == 0)
            ck_abort_msg("NRPE does not answer:\n%s", scratch_read(log));
        poll(NULL, 0, LOOK_MS);
    }
    return nrpe;
}

/* A line with performance data, as the guidelines for plugins have it. */
static void
must_be_plugin_line(const char *text)
{
    regex_t regex;

    ck_assert_int_eq(regcomp(&regex,
                             "^IDINQR (OK|WARNING|CRITICAL|UNKNOWN): [^|\n]+ "
                             "\\| errors=[0-9]+ warnings=[0-9]+ notes=[0-9]+\n"
                             "status [0-3]\n$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    ck_assert_msg(regexec(&regex, text, 0, NULL, 0) == 0, "%s", text);
    regfree(&regex);
}

static char *
ask_nrpe(void)
{
    return end_of("/usr/lib/nagios/plugins/check_nrpe -H 127.0.0.1 -c check_idinqr");
}

static const char *
nrpe_why_not(void)
{
    return access("/usr/sbin/nrpe", X_OK) == 0 &&
                   access("/usr/lib/nagios/plugins/check_nrpe", X_OK) == 0
               ? NULL
               : "there is no nrpe, or no check_nrpe";
}

TEST_CASE("nrpe", .why_not = nrpe_why_not());

TEST(each_state)
{
    struct machine machine;

    open_machine(&machine);
    struct child *nrpe = start_nrpe(&machine);
    for (enum state state = OK; state < STATES; state++) {
        bring_to(&machine, state);
        char *answer = ask_nrpe();
        must_be_plugin_line(answer);
        ck_assert_msg(strstr(answer, lines[state]) &&
                          strstr(answer, scratch_text("\nstatus %d\n", (int)state)),
                      "%s", answer);
    }
    child_stop(&nrpe, WAIT_MS);
}

/* The agent runs too, and nothing that NRPE leaves to it is in its way. */
TEST(a_backend_is_asked)
{
    struct machine machine;

    open_machine(&machine);
    BACKEND_AUTO *backend =
        qr_backend_start((const char *const[]){"--agent", desk_copy_agent(), NULL});
    struct child *nrpe = start_nrpe(&machine);
    write_idinqr(&machine, scratch_text("--conf=%s", qr_backend_conf_file(backend)));
    char *answer = ask_nrpe();
    must_be_plugin_line(answer);
    ck_assert_msg(strstr(answer, ": ca-file-sandbox, ") && !strstr(answer, "network"), "%s",
                  answer);
    qr_backend_stop(&backend);
    answer = ask_nrpe();
    must_be_plugin_line(answer);
    ck_assert_msg(strncmp(answer, "IDINQR CRITICAL: ", 17) == 0 && strstr(answer, "network") &&
                      strstr(answer, "\nstatus 2\n"),
                  "%s", answer);
    child_stop(&nrpe, WAIT_MS);
}

/* NRPE's user has no other rights. */
TEST(without_the_rule)
{
    struct machine machine;

    open_machine(&machine);
    struct child *nrpe = start_nrpe(&machine);
    ck_assert_int_eq(unlink("/etc/sudoers.d/idinqr"), 0);
    ck_assert_str_eq(ask_nrpe(), "NRPE: Unable to read output\nstatus 3\n");
    child_stop(&nrpe, WAIT_MS);
    char *answer =
        end_of("setpriv --reuid=nagios --regid=nagios --clear-groups idinqr check --quiet");
    must_be_plugin_line(answer);
    ck_assert_msg(strncmp(answer, "IDINQR UNKNOWN: 0 errors, ", 26) == 0 &&
                      strstr(answer, ". This check is incomplete. Only root can look at "
                                     "everything. | ") &&
                      strstr(answer, "\nstatus 3\n"),
                  "%s", answer);
}

TEST_CASE("nagios",
          .why_not = access("/usr/sbin/nagios4", X_OK) == 0 ? nrpe_why_not()
                                                            : "there is no nagios4",
          .timeout_s = 120);

/* Nagios writes a line for each check: its state, and the two parts of the plugin's output. */
static struct child *
start_nagios(const char *dir)
{
    static const char configuration[] =
        "cfg_file=/etc/nagios-plugins/config/check_nrpe.cfg\n"
        "cfg_file=%1$s/desk.cfg\nlog_file=%1$s/log\nlock_file=%1$s/lock\n"
        "object_cache_file=/dev/null\nstatus_file=/dev/null\nstate_retention_file=/dev/null\n"
        "temp_file=%1$s/temp\ntemp_path=%1$s\ncheck_result_path=%1$s\nquery_socket=%1$s/socket\n"
        "check_external_commands=0\ncommand_file=%1$s/commands\n"
        "nagios_user=nagios\nnagios_group=nagios\n"
        "use_syslog=0\ncheck_for_updates=0\ncheck_workers=1\ninterval_length=1\n"
        "check_result_reaper_frequency=1\n"
        "process_performance_data=1\nservice_perfdata_file=%1$s/checks\n"
        "service_perfdata_file_mode=a\n"
        "service_perfdata_file_template=$SERVICESTATE$: $SERVICEOUTPUT$ | $SERVICEPERFDATA$\n";
    static const char objects[] =
        "define timeperiod {\ntimeperiod_name always\nalias always\n}\n"
        "define contact {\ncontact_name nobody\n"
        "host_notifications_enabled 0\nservice_notifications_enabled 0\n"
        "host_notification_commands check_nrpe\nservice_notification_commands check_nrpe\n"
        "host_notification_period always\nservice_notification_period always\n}\n"
        "define host {\nhost_name desk\naddress 127.0.0.1\nmax_check_attempts 1\n"
        "contacts nobody\n}\n"
        "define service {\nhost_name desk\nservice_description iDIN\n"
        "check_command check_nrpe!check_idinqr\ncheck_interval 1\nmax_check_attempts 1\n"
        "contacts nobody\n}\n";
    char *path = scratch_path(dir, "nagios.cfg");
    const char *const argv[] = {"/usr/sbin/nagios4", path, NULL};

    ck_assert_int_eq(chmod(dir, 0777), 0);
    scratch_write(path, 0644, scratch_text(configuration, dir));
    scratch_write(scratch_path(dir, "desk.cfg"), 0644, objects);
    scratch_write(scratch_path(dir, "checks"), 0666, "");
    return child_start(argv, scratch_path(dir, "errors"));
}

TEST(each_state_in_nagios)
{
    static const char *const words[STATES] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    struct machine machine;
    char *dir = scratch_dir("nagios"), *checks = scratch_path(dir, "checks");

    open_machine(&machine);
    struct child *nrpe = start_nrpe(&machine), *nagios = start_nagios(dir);
    for (enum state state = OK; state < STATES; state++) {
        struct deadline deadline = deadline_in(WAIT_MS);
        bring_to(&machine, state);
        char *begin = scratch_text("%s: IDINQR %s: ", words[state], words[state]), *text;
        while (text = scratch_read(checks), !strstr(text, begin) || !strstr(text, lines[state])) {
            if (deadline_left(deadline, 1) == 0)
                ck_abort_msg("no check is %s\n%s%s", begin, text,
                             scratch_read(scratch_path(dir, "log")));
            poll(NULL, 0, LOOK_MS);
        }
    }
    ck_assert_int_eq(child_stop(&nagios, WAIT_MS), 0);
    child_stop(&nrpe, WAIT_MS);
}

static const char *
prometheus_why_not(void)
{
    return access("/usr/bin/prometheus-node-exporter", X_OK) == 0 &&
                   access("/usr/bin/jq", X_OK) == 0
               ? NULL
               : "there is no prometheus-node-exporter, or no jq";
}

TEST_CASE("prometheus", .why_not = prometheus_why_not());

#define TEXTFILES "/var/lib/prometheus/node-exporter"
#define SCRIPT    "etc/cron.hourly/idinqr"

/* Waits until the exporter answers. Its metrics, kept. */
static char *
metrics(void)
{
    struct http_client *client = http_client_new(NULL, NULL);
    struct deadline deadline = deadline_in(WAIT_MS);
    HTTP_ANSWER_AUTO answer = {0};

    while (!http_request(client, "GET", "http://127.0.0.1:9100/metrics", NULL, NULL, &answer)) {
        if (deadline_left(deadline, 1) == 0)
            ck_abort_msg("%s", answer.error);
        http_answer_free(&answer);
        poll(NULL, 0, LOOK_MS);
    }
    http_client_free(&client);
    ck_assert_int_eq(answer.status, 200);
    return scratch_text("%s", answer.body);
}

static void
must_export(const char *text, int exit, int errors, int warnings)
{
    ck_assert_msg(
        strstr(text, "\nnode_textfile_scrape_error 0\n") &&
            strstr(text, "\nnode_textfile_mtime_seconds{file=\"" TEXTFILES "/idinqr.prom\"} ") &&
            strstr(text, scratch_text("\nidinqr_exit %d\n", exit)) &&
            strstr(text, scratch_text("\nidinqr_errors %d\n", errors)) &&
            strstr(text, scratch_text("\nidinqr_warnings %d\n", warnings)) &&
            strstr(text, "\nidinqr_notes 0\n"),
        "%s", text);
}

/* The script of idinqr(1), by root, whose umask is strict; and the exporter as its own user. */
TEST(the_exporter_has_the_figures)
{
    static const char *const argv[] = {"/usr/bin/setpriv",
                                       "--reuid=prometheus",
                                       "--regid=prometheus",
                                       "--clear-groups",
                                       "/usr/bin/prometheus-node-exporter",
                                       "--collector.disable-defaults",
                                       "--collector.textfile",
                                       "--web.listen-address=127.0.0.1:9100",
                                       NULL};
    struct machine machine;

    open_machine(&machine);
    ck_assert_int_eq(mount("none", TEXTFILES, "tmpfs", 0, "mode=0755"), 0);
    check_fixture_write("", SCRIPT, 0755, example("#!/bin/sh"));
    (void)umask(077);
    ck_assert_str_eq(end_of("/" SCRIPT), "status 0\n");
    struct child *exporter = child_start(argv, scratch_path(machine.bin, "log"));
    must_export(metrics(), 0, 0, 0);
    bring_to(&machine, WARNING);
    bring_to(&machine, CRITICAL);
    ck_assert_str_eq(end_of("/" SCRIPT), "status 0\n");
    must_export(metrics(), 2, 3, 1);
    /* Without an answer the old file stays, and its time tells. */
    scratch_write(scratch_path(machine.bin, "idinqr"), 0755, "#!/bin/sh\nexit 3\n");
    ck_assert_str_ne(end_of("/" SCRIPT), "status 0\n");
    must_export(metrics(), 2, 3, 1);
    child_stop(&exporter, WAIT_MS);
}

static const char *
why_skip(void)
{
    if (check_fixture_why_not())
        return check_fixture_why_not();
    if (nrpe_why_not() && prometheus_why_not())
        return "there is no nrpe, and no prometheus-node-exporter";
    return namespace_why_not();
}

RUN_TESTS("e2e_monitoring", why_skip());
