/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. The texts come from files that any user may have written, so each is made
 * loggable. Lists the kinds of findings: test_manual.c compares it with idinqr(1), and test_check.c
 * with mistakes that the tests make. */
#include "pam_idinqr/tool/finding.h"

#include "pam_idinqr/common/text.h"

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BREAK_GLASS                                                                                \
    "Add a way in that needs no network: see HOW NOT TO LOCK YOURSELF OUT in pam_idinqr(8)."

static const struct finding_description kinds[FINDING_KINDS] = {
    /* idinqr.conf, and the files that it names */
    [FINDING_CONFIG] = {"config", FINDING_ERROR,
                        "Until this is fixed, every login with iDIN fails."},
    [FINDING_CONFIG_EXAMPLE] = {"config-example", FINDING_ERROR,
                                "Put in what you were issued: see idinqr.conf(5)."},
    [FINDING_CONFIG_TIMEOUT] =
        {"config-timeout", FINDING_WARNING,
         "A person has to find a phone and approve at a bank: set 90 seconds or more."},
    [FINDING_CONFIG_LOOPBACK] =
        {"config-loopback", FINDING_WARNING,
         "The user who runs a sandbox can pose as any person: set your provider's URL."},
    [FINDING_STATUS_NONCE] =
        {"status-nonce", FINDING_WARNING,
         "Take it out: let the endpoint repeat the nonce, as idinqr.conf(5) describes."},
    [FINDING_CA_FILE] = {"ca-file", FINDING_ERROR,
                         "Make it a PEM file that every user can read: chmod 0644."},
    [FINDING_CA_FILE_SANDBOX] = {"ca-file-sandbox", FINDING_ERROR,
                                 "Take it out: anyone can run a sandbox and be its test persons."},
    [FINDING_JWKS_FILE] =
        {"jwks-file", FINDING_ERROR,
         "Write it again: idinqr keys --fetch. Until then, every login with iDIN fails."},
    [FINDING_SECRET_SHARED] = {"secret-shared", FINDING_NOTE,
                               "chmod 0600, unless that group is meant to read it."},
    /* idinqr.map and its key */
    [FINDING_MAP] = {"map", FINDING_ERROR, "Until this is fixed, every login with iDIN fails."},
    [FINDING_MAP_EMPTY] = {"map-empty", FINDING_WARNING, "Enroll a person: idinqr enroll ACCOUNT."},
    [FINDING_MAP_SANDBOX] =
        {"map-sandbox", FINDING_ERROR,
         "Revoke each: anyone who reaches the pages of a sandbox has these identities."},
    [FINDING_MAP_ACCOUNT] = {"map-account", FINDING_WARNING,
                             "Revoke it, unless machines that share the map have this account: a "
                             "new one inherits it."},
    [FINDING_MAP_EXPIRED] = {"map-expired", FINDING_WARNING,
                             "Revoke it, or enroll this person again."},
    [FINDING_MAP_EXPIRES_SOON] = {"map-expires-soon", FINDING_NOTE,
                                  "Enroll this person again to keep the access."},
    [FINDING_MAP_ROOT] = {"map-root", FINDING_NOTE,
                          "Revoke it, unless this person is meant to be root directly."},
    [FINDING_KEY] =
        {"key", FINDING_ERROR,
         "Restore the key from a backup. Without it, every person has to enroll again."},
    /* the module, the agent */
    [FINDING_MODULE] = {"module", FINDING_ERROR,
                        "Install the module where this machine's PAM looks."},
    [FINDING_AGENT] = {"agent", FINDING_ERROR, "Install the agent again. It must belong to root."},
    [FINDING_AGENT_READABLE] =
        {"agent-readable", FINDING_WARNING,
         "chmod 0711, so that no process of the agent's user can trace the agent as it starts."},
    [FINDING_AGENT_USER] = {"agent-user", FINDING_ERROR,
                            "Make it: systemd-sysusers idinqr.conf, or useradd --system idinqr."},
    [FINDING_AGENT_JAIL] = {"agent-jail", FINDING_WARNING,
                            "Use a newer kernel, or one with Landlock switched on."},
    [FINDING_CLOCK] = {"clock", FINDING_ERROR,
                       "Set the clock, and keep it set by NTP (timedatectl set-ntp true)."},
    [FINDING_CLOCK_UNSYNCHRONISED] = {"clock-unsynchronised", FINDING_NOTE,
                                      "Keep it set by NTP (timedatectl set-ntp true)."},
    [FINDING_NETWORK] = {"network", FINDING_ERROR,
                         "Check the name, the route, the firewall and the proxy."},
    [FINDING_TLS] = {"tls", FINDING_ERROR,
                     "Check ca_file, pin_sha256 and the clock. Never disable a check."},
    /* pam.d */
    [FINDING_PAM_UNUSED] = {"pam-unused", FINDING_NOTE,
                            "Write the module into a file of /etc/pam.d: see pam_idinqr(8)."},
    [FINDING_PAM_FILE] =
        {"pam-file", FINDING_ERROR,
         "chown root: and chmod 0644: a user who can write it decides who gets in."},
    [FINDING_PAM_SYNTAX] = {"pam-syntax", FINDING_ERROR,
                            "Fix the line: PAM refuses a login at a line that it cannot parse."},
    [FINDING_PAM_MODULE] =
        {"pam-module", FINDING_ERROR,
         "Correct the name, or install the module's package: PAM refuses a login at this line."},
    [FINDING_PAM_ARGUMENTS] = {"pam-arguments", FINDING_ERROR,
                               "Fix the argument: see ARGUMENTS in pam_idinqr(8)."},
    [FINDING_PAM_TYPE] = {"pam-type", FINDING_ERROR,
                          "The module is for auth lines only: take this line out."},
    [FINDING_PAM_ANYBODY] =
        {"pam-anybody", FINDING_ERROR,
         "No line behind the module may accept a login that it refused: make it required."},
    [FINDING_PAM_CONDITION] =
        {"pam-condition", FINDING_WARNING,
         "Put a password behind the condition, as the examples do, unless this is intended."},
    [FINDING_PAM_DECIDES_NOTHING] = {"pam-decides-nothing", FINDING_ERROR, "Make it required."},
    [FINDING_PAM_PASSWORD_ENOUGH] =
        {"pam-password-enough", FINDING_WARNING,
         "Make it required, unless a password alone is meant to be enough."},
    [FINDING_PAM_NEVER_OPENS] = {"pam-never-opens", FINDING_ERROR,
                                 "Read the lines from the top as PAM does: see pam.d(5)."},
    [FINDING_PAM_JUMP] = {"pam-jump", FINDING_ERROR,
                          "A jump may not lead further than behind the last line."},
    [FINDING_PAM_LOCKED_OUT] = {"pam-locked-out", FINDING_ERROR, BREAK_GLASS},
    [FINDING_PAM_NO_OTHER_WAY] = {"pam-no-other-way", FINDING_WARNING, BREAK_GLASS},
    [FINDING_PAM_GROUP] =
        {"pam-group", FINDING_ERROR,
         "Add an administrator, and first the group if it is missing: groupadd --system GROUP; "
         "usermod -aG GROUP ACCOUNT"},
    [FINDING_PAM_GROUP_PASSWORD] =
        {"pam-group-password", FINDING_WARNING,
         "Give one of them a long password, and put it into a safe: passwd ACCOUNT"},
    [FINDING_PAM_TWICE] = {"pam-twice", FINDING_WARNING,
                           "Keep one of the lines: people would have to scan two codes."},
    [FINDING_PAM_COMMON] = {"pam-common", FINDING_WARNING,
                            "Put it into the files of the services that need it."},
    [FINDING_PAM_SIBLING] = {"pam-sibling", FINDING_WARNING,
                             "Write the same auth lines into both files."},
    [FINDING_PAM_ROOT_BY_SU] = {"pam-root-by-su", FINDING_WARNING,
                                "Enroll root, or put root into the group that keeps a password."},
    [FINDING_PAM_WINDOW] = {"pam-window", FINDING_ERROR,
                            "Take it out, or set display = url: see CAVEATS in pam_idinqr(8)."},
    [FINDING_PAM_NO_TERMINAL] = {"pam-no-terminal", FINDING_WARNING,
                                 "Take it out: every login there will fail."},
    [FINDING_PAM_NEVER_ASKS] = {"pam-never-asks", FINDING_NOTE,
                                "Take it out: it does nothing there."},
    /* limits of applications */
    [FINDING_LOGIN_TIMEOUT] =
        {"login-timeout", FINDING_WARNING,
         "Set LOGIN_TIMEOUT in /etc/login.defs to 180, or timeout lower for login."},
    [FINDING_CONSOLE_FONT] =
        {"console-font", FINDING_WARNING,
         "Run setfont FullGreek-Fixed16 there, and set FONT to it in /etc/default/console-setup."},
    [FINDING_SSHD_FILE] =
        {"sshd-file", FINDING_ERROR,
         "Run sshd -T as root and mend the error: sshd does not start until then."},
    [FINDING_SSHD_MATCH] =
        {"sshd-match", FINDING_NOTE,
         "See what they get: sshd -T -C user=NAME,host=HOST,addr=ADDRESS as root."},
    [FINDING_SSHD_UNSEEN] = {"sshd-unseen", FINDING_NOTE,
                             "Run idinqr check as root on the machine that runs sshd."},
    [FINDING_SSHD_PAM] = {"sshd-pam", FINDING_ERROR, "Set UsePAM yes in sshd_config."},
    [FINDING_SSHD_KEYBOARD] = {"sshd-keyboard", FINDING_ERROR,
                               "Set KbdInteractiveAuthentication yes in sshd_config."},
    [FINDING_SSHD_METHODS] = {"sshd-methods", FINDING_ERROR,
                              "Name keyboard-interactive in AuthenticationMethods in sshd_config."},
    [FINDING_SSHD_GRACE] = {"sshd-grace", FINDING_WARNING,
                            "Set LoginGraceTime higher, or timeout lower in [service:sshd]."},
    [FINDING_SSHD_PASSWORD] = {"sshd-password", FINDING_NOTE,
                               "Set PasswordAuthentication no in sshd_config."},
    [FINDING_SSHD_KEY] =
        {"sshd-key", FINDING_NOTE,
         "Set AuthenticationMethods publickey,keyboard-interactive, if both are to be needed."},
    /* limits of this program */
    [FINDING_UNSEEN] = {"unseen", FINDING_NOTE, "Run idinqr check as root."},
};

const struct finding_description *
finding_describe(enum finding_kind kind)
{
    return &kinds[kind];
}

const char *
finding_severity_word(enum finding_severity severity)
{
    static const char *const words[] = {"note", "warning", "error"};

    return words[severity];
}

static void
free_one(struct finding *finding)
{
    free(finding->file);
    free(finding->subjects);
    free(finding->text);
}

static struct finding *
find_same(struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->n; i++) {
        struct finding *other = &findings->list[i];
        if (other->kind == finding->kind && other->line == finding->line &&
            strcmp(other->file, finding->file) == 0 && strcmp(other->text, finding->text) == 0)
            return other;
    }
    return NULL;
}

static bool
has_subject(const char *subjects, const char *subject)
{
    size_t size = strlen(subject);

    for (const char *at = subjects; (at = strstr(at, subject)); at++)
        if ((at == subjects || at[-1] == ' ') && (at[size] == '\0' || at[size] == ','))
            return true;
    return false;
}

static int
add_subject(struct finding *finding, const char *subject)
{
    char *longer;

    if (has_subject(finding->subjects, subject))
        return 0;
    if (asprintf(&longer, "%s, %s", finding->subjects, subject) < 0)
        return -1;
    free(finding->subjects);
    finding->subjects = longer;
    return 0;
}

static int
append(struct findings *findings, const struct finding *finding)
{
    if (findings->n == findings->capacity) {
        size_t capacity = findings->capacity ? 2 * findings->capacity : 16;
        struct finding *list = reallocarray(findings->list, capacity, sizeof *list);
        if (!list)
            return -1;
        findings->list = list;
        findings->capacity = capacity;
    }
    findings->list[findings->n++] = *finding;
    return 0;
}

void
finding_add(struct findings *findings, enum finding_kind kind, const char *file, unsigned line,
            const char *subject, const char *format, ...)
{
    struct finding finding = {kind, strdup(file), line, strdup(subject), NULL};
    struct finding *same;
    va_list arguments;
    int failed;

    va_start(arguments, format);
    failed = vasprintf(&finding.text, format, arguments) < 0 || !finding.file || !finding.subjects;
    va_end(arguments);
    if (!failed) {
        characters_make_loggable(finding.file);
        characters_make_loggable(finding.subjects);
        characters_make_loggable(finding.text);
        same = find_same(findings, &finding);
        failed = same ? add_subject(same, finding.subjects) : append(findings, &finding);
        if (!same && !failed)
            return;
    }
    findings->is_short |= failed;
    free_one(&finding);
}

void
finding_add_diag(struct findings *findings, enum finding_kind kind, const struct diag *diag)
{
    finding_add(findings, kind, diag->file, diag->line, "", "%s", diag->text);
}

static int
by_place(const void *a, const void *b)
{
    const struct finding *left = a, *right = b;
    int order = strcmp(left->file, right->file);

    if (order == 0)
        order = left->line < right->line ? -1 : left->line > right->line;
    return order != 0
               ? order
               : strcmp(finding_describe(left->kind)->name, finding_describe(right->kind)->name);
}

void
finding_sort(struct findings *findings)
{
    if (findings->n > 0)
        qsort(findings->list, findings->n, sizeof *findings->list, by_place);
}

size_t
finding_count(const struct findings *findings, enum finding_severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < findings->n; i++)
        n += finding_describe(findings->list[i].kind)->severity == severity;
    return n;
}

static bool
is_partial(const struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->list[i].kind == FINDING_UNSEEN)
            return true;
    return findings->is_short;
}

enum finding_state
finding_state(const struct findings *findings)
{
    if (finding_count(findings, FINDING_ERROR) > 0)
        return findings->is_short ? FINDING_STATE_UNKNOWN : FINDING_STATE_CRITICAL;
    if (is_partial(findings))
        return FINDING_STATE_UNKNOWN;
    return finding_count(findings, FINDING_WARNING) > 0 ? FINDING_STATE_WARNING : FINDING_STATE_OK;
}

static const char *
state_word(const struct findings *findings)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

    return words[finding_state(findings)];
}

/* "IDINQR WARNING: 0 errors, 1 warning, 2 notes" */
static void
print_summary(const struct findings *findings, FILE *stream)
{
    fprintf(stream, "IDINQR %s: ", state_word(findings));
    for (int severity = FINDING_ERROR; severity >= FINDING_NOTE; severity--) {
        size_t n = finding_count(findings, (enum finding_severity)severity);
        fprintf(stream, "%zu %s%s%s", n, finding_severity_word((enum finding_severity)severity),
                n == 1 ? "" : "s", severity > FINDING_NOTE ? ", " : "");
    }
}

static bool
has_kind_before(const struct findings *findings, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (findings->list[i].kind == findings->list[end].kind)
            return true;
    return false;
}

/* A plugin's line: behind the bar are the figures that monitoring keeps. */
static void
print_line(const struct findings *findings, FILE *stream)
{
    const char *separator = ": ";

    print_summary(findings, stream);
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding_description *kind = finding_describe(findings->list[i].kind);
        if (kind->severity == FINDING_NOTE || has_kind_before(findings, i))
            continue;
        fprintf(stream, "%s%s", separator, kind->name);
        separator = ", ";
    }
    fprintf(stream, " | errors=%zu warnings=%zu notes=%zu\n",
            finding_count(findings, FINDING_ERROR), finding_count(findings, FINDING_WARNING),
            finding_count(findings, FINDING_NOTE));
}

static void
print_text(const struct findings *findings, FILE *stream)
{
    if (is_partial(findings))
        fputs("This check is incomplete. Only root can look at everything.\n", stream);
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        const struct finding_description *kind = finding_describe(finding->kind);
        fprintf(stream, "%s: ", finding_severity_word(kind->severity));
        if (finding->line > 0)
            fprintf(stream, "%s:%u: ", finding->file, finding->line);
        else if (finding->file[0])
            fprintf(stream, "%s: ", finding->file);
        fprintf(stream, "%s%s%s [%s]\n    %s\n", finding->subjects,
                finding->subjects[0] ? ": " : "", finding->text, kind->name, kind->advice);
    }
    print_summary(findings, stream);
    fputc('\n', stream);
}

static json_t *
make_list(const struct findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        const struct finding_description *kind = finding_describe(finding->kind);
        if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "severity",
                                                  finding_severity_word(kind->severity), "kind",
                                                  kind->name, "file", finding->file, "line",
                                                  (int)finding->line, "services", finding->subjects,
                                                  "text", finding->text, "advice", kind->advice)) !=
            0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int
print_json(const struct findings *findings, FILE *stream)
{
    char host[HOST_NAME_MAX + 1] = "", when[sizeof "2026-01-01T00:00:00Z"];
    time_t now = time(NULL);
    struct tm parts;
    json_t *root;
    int failed;

    /* A name that does not fit has no end. */
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    characters_make_loggable(host);
    if (!gmtime_r(&now, &parts) || strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return -1;
    root = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:o}", "host", host, "time", when,
                     "state", state_word(findings), "exit", (int)finding_state(findings), "errors",
                     (int)finding_count(findings, FINDING_ERROR), "warnings",
                     (int)finding_count(findings, FINDING_WARNING), "notes",
                     (int)finding_count(findings, FINDING_NOTE), "findings", make_list(findings));
    failed = !root || json_dumpf(root, stream, JSON_INDENT(2)) != 0 || fputs("\n", stream) < 0;
    json_decref(root);
    return failed ? -1 : 0;
}

int
finding_print(const struct findings *findings, enum finding_form form, FILE *stream)
{
    int result = 0;

    switch (form) {
    case FINDING_FORM_TEXT:
        print_text(findings, stream);
        break;
    case FINDING_FORM_LINE:
        print_line(findings, stream);
        break;
    case FINDING_FORM_JSON:
        result = print_json(findings, stream);
        break;
    }
    return ferror(stream) || fflush(stream) != 0 ? -1 : result;
}

void
findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        free_one(&findings->list[i]);
    free(findings->list);
    *findings = (struct findings){0};
}
