/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. The texts come from files that any user may have written, so each is made
 * loggable. */
#include "pam_idinqr/tool/finding.h"

#include "pam_idinqr/common/text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

static int
has_subject(const char *subjects, const char *subject)
{
    size_t size = strlen(subject);

    for (const char *at = subjects; (at = strstr(at, subject)); at++)
        if ((at == subjects || at[-1] == ' ') && (at[size] == '\0' || at[size] == ','))
            return 1;
    return 0;
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

static void
print_count(FILE *stream, size_t n, enum finding_severity severity, const char *end)
{
    fprintf(stream, "%zu %s%s%s", n, finding_severity_word(severity), n == 1 ? "" : "s", end);
}

int
finding_print(const struct findings *findings, FILE *stream)
{
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
    print_count(stream, finding_count(findings, FINDING_ERROR), FINDING_ERROR, ", ");
    print_count(stream, finding_count(findings, FINDING_WARNING), FINDING_WARNING, ", ");
    print_count(stream, finding_count(findings, FINDING_NOTE), FINDING_NOTE, "\n");
    return ferror(stream) || fflush(stream) != 0 ? -1 : 0;
}

int
finding_print_json(const struct findings *findings, FILE *stream)
{
    json_t *list = json_array();
    int failed = !list;

    for (size_t i = 0; !failed && i < findings->n; i++) {
        const struct finding *finding = &findings->list[i];
        const struct finding_description *kind = finding_describe(finding->kind);
        failed = json_array_append_new(
                     list, json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "severity",
                                     finding_severity_word(kind->severity), "kind", kind->name,
                                     "file", finding->file, "line", (int)finding->line, "services",
                                     finding->subjects, "text", finding->text, "advice",
                                     kind->advice)) != 0;
    }
    failed = failed || json_dumpf(list, stream, JSON_INDENT(2)) != 0 || fputs("\n", stream) < 0;
    json_decref(list);
    return failed || fflush(stream) != 0 ? -1 : 0;
}

void
findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        free_one(&findings->list[i]);
    free(findings->list);
    *findings = (struct findings){0};
}
