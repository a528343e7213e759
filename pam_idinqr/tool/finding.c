/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. The texts come from files that any user may have written, so each is made
 * loggable, and quoted in a command. */
#include "pam_idinqr/tool/finding.h"

#include "pam_idinqr/common/text.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
    free(finding->command);
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
    struct finding finding = {
        .kind = kind, .file = strdup(file), .line = line, .subjects = strdup(subject)};
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
        finding.command = finding_make_command(&finding, NULL, NULL);
        failed = !finding.command;
    }
    if (!failed) {
        same = find_same(findings, &finding);
        failed = same ? add_subject(same, finding.subjects) : append(findings, &finding);
        findings->last = same ? (size_t)(same - findings->list) : findings->n - 1;
        if (!same && !failed)
            return;
    }
    if (failed)
        findings->last = findings->n;
    findings->is_short |= failed;
    free_one(&finding);
}

void
finding_take_command(struct findings *findings, char *command)
{
    findings->is_short |= !command;
    if (!command || findings->last == findings->n) {
        free(command); /* the finding is missing */
        return;
    }
    characters_make_loggable(command);
    free(findings->list[findings->last].command);
    findings->list[findings->last].command = command;
}

void
finding_cure(struct findings *findings, const char *command, const char *object)
{
    if (findings->last < findings->n)
        finding_take_command(
            findings, finding_make_command(&findings->list[findings->last], command, object));
}

void
finding_advise(struct findings *findings, const char *advice)
{
    if (findings->last < findings->n)
        findings->list[findings->last].advice = advice;
}

void
finding_add_diag(struct findings *findings, enum finding_kind kind, const struct diag *diag)
{
    char *command;

    finding_add(findings, kind, diag->file, diag->line, "", "%s", diag->text);
    if (diag->cure && asprintf(&command, "%s %%f", diag->cure) >= 0) {
        finding_cure(findings, command, NULL);
        free(command);
        finding_advise(findings, "It is not used as long as another user could read or change it.");
    }
    if (diag->error == ELOOP)
        finding_cure(findings, "cp --remove-destination \"$(realpath %f)\" %f", "");
}

bool
finding_is_about(const struct findings *findings, enum finding_kind kind, const char *subject)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->list[i].kind == kind && has_subject(findings->list[i].subjects, subject))
            return true;
    return false;
}

static int
by_severity(const void *a, const void *b)
{
    const struct finding *left = a, *right = b;
    const struct finding_description *kind = finding_describe(left->kind);
    const struct finding_description *other = finding_describe(right->kind);
    int order = (int)other->severity - (int)kind->severity;

    if (order == 0)
        order = strcmp(left->file, right->file);
    if (order == 0)
        order = left->line < right->line ? -1 : left->line > right->line;
    return order != 0 ? order : strcmp(kind->name, other->name);
}

void
finding_sort(struct findings *findings)
{
    if (findings->n > 0)
        qsort(findings->list, findings->n, sizeof *findings->list, by_severity);
}

size_t
finding_count(const struct findings *findings, enum finding_severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < findings->n; i++)
        n += finding_describe(findings->list[i].kind)->severity == severity;
    return n;
}

/* NULL if all was checked. */
static const char *
why_partial(const struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->list[i].kind == FINDING_UNSEEN)
            return "This check is incomplete. Only root can look at everything.";
    return findings->is_short ? "This check is incomplete." : NULL;
}

enum finding_state
finding_state(const struct findings *findings)
{
    if (finding_count(findings, FINDING_ERROR) > 0)
        return findings->is_short ? FINDING_STATE_UNKNOWN : FINDING_STATE_CRITICAL;
    if (why_partial(findings))
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
    const char *why = why_partial(findings), *separator = ": ";

    print_summary(findings, stream);
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding_description *kind = finding_describe(findings->list[i].kind);
        if (kind->severity == FINDING_NOTE || has_kind_before(findings, i))
            continue;
        fprintf(stream, "%s%s", separator, kind->name);
        separator = ", ";
    }
    if (why)
        fprintf(stream, ". %s", why);
    fprintf(stream, " | errors=%zu warnings=%zu notes=%zu\n",
            finding_count(findings, FINDING_ERROR), finding_count(findings, FINDING_WARNING),
            finding_count(findings, FINDING_NOTE));
}

static const char *
advice_of(const struct finding *finding)
{
    return finding->advice ? finding->advice : finding_describe(finding->kind)->advice;
}

static void
print_text(const struct findings *findings, FILE *stream)
{
    const char *why = why_partial(findings);

    if (why)
        fprintf(stream, "%s\n", why);
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        const struct finding_description *kind = finding_describe(finding->kind);
        fprintf(stream, "%s: ", finding_severity_word(kind->severity));
        if (finding->line > 0)
            fprintf(stream, "%s:%u: ", finding->file, finding->line);
        else if (finding->file[0])
            fprintf(stream, "%s: ", finding->file);
        fprintf(stream, "%s%s%s [%s]\n    %s\n    # %s\n", finding->subjects,
                finding->subjects[0] ? ": " : "", finding->text, kind->name, advice_of(finding),
                finding->command);
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
        json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "severity",
                                   finding_severity_word(kind->severity), "kind", kind->name,
                                   "file", finding->file, "line", (int)finding->line, "services",
                                   finding->subjects, "text", finding->text, "advice",
                                   advice_of(finding), "command", finding->command);
        if (json_array_append_new(list, object) != 0) {
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

    if (form == FINDING_FORM_JSON)
        result = print_json(findings, stream);
    else if (form == FINDING_FORM_LINE)
        print_line(findings, stream);
    else
        print_text(findings, stream);
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
