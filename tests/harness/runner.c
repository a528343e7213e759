/* SPDX-License-Identifier: BSD-3-Clause */
/* See runner.h. Check can write TAP itself, but lets a message break its lines: one with "# TODO"
 * in it would even turn a failure into an expected one. So its TAP is only read, for the names of
 * the tests, and written anew. */
#include "tests/harness/runner.h"

#include "tests/harness/leftovers.h"
#include "tests/harness/scratch.h"
#include "tests/harness/surroundings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SKIPS_MAX        32
#define ROWS_MAX         10000 /* of a loop, from -ROWS_BELOW_ZERO on */
#define ROWS_BELOW_ZERO  10
#define PATIENCE         "3"     /* timeouts are chosen on an idle machine */
#define MESSAGE_SIZE_MAX "65536" /* a screen with a code is more than Check's own 4096 */

static struct {
    const char *what, *why;
} skips[SKIPS_MAX];
static int n_skips;

void
runner_skip(const char *what, const char *why)
{
    if (n_skips == SKIPS_MAX)
        abort();
    skips[n_skips].what = what;
    skips[n_skips++].why = why;
}

static struct runner_entry *entries;
static int current_variant;

/* The order of constructors is the linker's, so the place in the file decides. */
void
runner_register(struct runner_entry *entry)
{
    struct runner_entry **at = &entries;

    while (*at != NULL && (strcmp((*at)->file, entry->file) != 0 || (*at)->line < entry->line))
        at = &(*at)->next;
    entry->next = *at;
    *at = entry;
}

static void
refuse(const struct runner_entry *entry, const char *why)
{
    fprintf(stderr, "%s:%d: %s\n", entry->file, entry->line, why);
    abort();
}

static void
add_test(const struct runner_entry *entry, TCase *tcase, const char *case_name)
{
    struct test_options options = entry->test_options();
    char *what;

    if (options.count < 1)
        refuse(entry, "a test without a row");
    if (options.first < -ROWS_BELOW_ZERO ||
        options.first + options.count > ROWS_MAX - ROWS_BELOW_ZERO)
        refuse(entry, "more rows than can be counted");
    if (options.why_not != NULL) {
        if (asprintf(&what, "%s:%s", case_name, (*entry->test)->name) < 0)
            abort();
        runner_skip(what, options.why_not);
        return;
    }
    for (int i = options.first; i < options.first + options.count; i++)
        if (options.has_row == NULL || options.has_row(i))
            tcase_add_loop_test(tcase, *entry->test, current_variant * ROWS_MAX + i,
                                current_variant * ROWS_MAX + i + 1);
}

/* Check runs these before the case's fixtures. */
static void
be_first_variant(void)
{
    current_variant = 0;
}

static void
be_second_variant(void)
{
    current_variant = 1;
}

/* Adds the case with the tests after `entry`, up to the next case. */
static void
add_case(Suite *suite, const struct runner_entry *first, const char *name,
         const struct case_options *options)
{
    TCase *tcase = tcase_create(name);

    if (options->timeout_s > 0)
        tcase_set_timeout(tcase, options->timeout_s);
    if (options->variant != NULL && current_variant < 2)
        tcase_add_unchecked_fixture(
            tcase, current_variant == 0 ? be_first_variant : be_second_variant, NULL);
    if (options->before != NULL || options->after != NULL)
        tcase_add_unchecked_fixture(tcase, options->before, options->after);
    if (options->setup != NULL || options->teardown != NULL)
        tcase_add_checked_fixture(tcase, options->setup, options->teardown);
    for (const struct runner_entry *at = first; at != NULL && at->test != NULL; at = at->next)
        add_test(at, tcase, name);
    suite_add_tcase(suite, tcase);
}

static void
add_case_or_skip(Suite *suite, const struct runner_entry *first, const char *name,
                 const struct case_options *options)
{
    if (options->why_not != NULL)
        runner_skip(name, options->why_not);
    else
        add_case(suite, first, name, options);
}

Suite *
runner_suite(const char *suite_name)
{
    static const struct case_options no_options;
    Suite *suite = suite_create(suite_name);
    const char *name;

    if (entries != NULL && entries->test != NULL)
        add_case(suite, entries, suite_name, &no_options);
    for (const struct runner_entry *at = entries; at != NULL; at = at->next) {
        if (at->test != NULL)
            continue;
        struct case_options options = at->case_options();
        if (at->next == NULL || at->next->test == NULL)
            refuse(at, "a test case without a test");
        if (options.variant == NULL)
            add_case_or_skip(suite, at->next, at->case_name, &options);
        for (int i = 0; options.variant && (name = options.variant(i, &options.why_not)); i++) {
            current_variant = i;
            add_case_or_skip(suite, at->next, name, &options);
            options.why_not = NULL;
        }
        current_variant = 0;
    }
    return suite;
}

int
runner_variant(void)
{
    return current_variant;
}

int
runner_row(int number)
{
    current_variant = (number + ROWS_BELOW_ZERO) / ROWS_MAX;
    return number - current_variant * ROWS_MAX;
}

int
runner_print(const TTest *test, void (*setup)(void))
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");

    if (setup != NULL)
        tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    if (scratch_begin() != 0)
        return 1;
    srunner_run_all(runner, CK_SILENT);
    scratch_end();
    int n_failed = srunner_ntests_failed(runner);
    if (n_failed > 0)
        srunner_print(runner, CK_NORMAL);
    srunner_free(runner);
    return fflush(stdout) == 0 && n_failed == 0 ? 0 : 1;
}

/* Writes a message of a test as comments, so that none of its lines can be taken for TAP. */
static void
print_comment(FILE *tap, const char *text)
{
    do {
        int length = (int)strcspn(text, "\n");
        fprintf(tap, "# %.*s\n", length, text);
        text += length + (text[length] == '\n');
    } while (*text != '\0');
}

/* Finds the name of the test of `result` in Check's TAP, "ok 3 - file:case:NAME: message\n", and
 * goes past that line. The length of the message is known, so nothing in it can be mistaken for a
 * line. */
static int
next_name(const char **at, int number, TestResult *result, const char **ret_name, int *ret_length)
{
    char start[32];
    int passed = tr_rtype(result) == CK_PASS;
    const char *tcase = tr_tcname(result);

    snprintf(start, sizeof start, "%sok %d - ", passed ? "" : "not ", number);
    if (strncmp(*at, start, strlen(start)) != 0)
        return -1;
    const char *name = strchr(*at + strlen(start), ':');
    if (name == NULL || strncmp(name + 1, tcase, strlen(tcase)) != 0)
        return -1;
    name += 1 + strlen(tcase);
    const char *end = strstr(name, ": ");
    if (*name != ':' || end == NULL)
        return -1;
    *ret_name = name + 1;
    *ret_length = (int)(end - name) - 1;
    *at = end + 2 + strlen(tr_msg(result)) + 1;
    return 0;
}

static int
print_results(FILE *tap, SRunner *runner, const char *checks_tap)
{
    int n = srunner_ntests_run(runner), status = 0;
    TestResult **results = srunner_results(runner);

    fprintf(tap, "1..%d\n", n + n_skips);
    for (int i = 0; i < n && status == 0; i++) {
        const char *name;
        int length, passed = tr_rtype(results[i]) == CK_PASS;

        status = next_name(&checks_tap, i + 1, results[i], &name, &length);
        if (status != 0)
            break;
        fprintf(tap, "%sok %d - %s:%.*s\n", passed ? "" : "not ", i + 1, tr_tcname(results[i]),
                length, name);
        if (!passed) {
            fprintf(tap, "# %s:%d:%s\n", tr_lfile(results[i]), tr_lno(results[i]),
                    tr_rtype(results[i]) == CK_ERROR ? " last place known" : "");
            print_comment(tap, tr_msg(results[i]));
        }
    }
    free(results);
    for (int i = 0; i < n_skips; i++)
        fprintf(tap, "ok %d - %s # SKIP %s\n", n + i + 1, skips[i].what, skips[i].why);
    return status;
}

static int
run(FILE *tap, const char *name, const char *tcase, int checks_tap)
{
    char path[64];

    /* The first child of this process opens it by this name, so it names the process too. */
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), checks_tap);
    SRunner *runner = srunner_create(runner_suite(name));
    srunner_set_tap(runner, path);
    srunner_run(runner, NULL, tcase, CK_SILENT);
    leftovers_end(tap);

    off_t size = lseek(checks_tap, 0, SEEK_END);
    char *text = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;
    int status = -1;
    if (text == NULL || pread(checks_tap, text, (size_t)size, 0) != size)
        perror("Check's TAP");
    else if (srunner_ntests_run(runner) == 0)
        fprintf(stderr, "no test ran\n");
    else
        status = print_results(tap, runner, text);
    fprintf(tap, "# %d run, %d failed\n", srunner_ntests_run(runner),
            srunner_ntests_failed(runner));
    free(text);
    srunner_free(runner);
    return status;
}

int
runner_main(int argc, char **argv, const char *name, const char *(*why_skip)(void))
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: %s [TEST_CASE]\n", argv[0]);
        return 2;
    }
    if (surroundings_begin() != 0) {
        perror(name);
        return 1;
    }
    const char *reason = why_skip != NULL ? why_skip() : NULL;
    if (reason != NULL) {
        printf("1..0 # SKIP %s\n", reason);
        return fflush(stdout) == 0 ? 0 : 1;
    }

    /* stdout is the TAP's alone; a test, or a program it starts, inherits stderr in its place. */
    int tap_fd = dup(STDOUT_FILENO), checks_tap = memfd_create("tap", MFD_CLOEXEC);
    FILE *tap = tap_fd >= 0 ? fdopen(tap_fd, "we") : NULL;
    if (tap == NULL || checks_tap < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        leftovers_begin() != 0 || setenv("CK_DEFAULT_TIMEOUT", "60", 0) != 0 ||
        setenv("CK_TIMEOUT_MULTIPLIER", PATIENCE, 0) != 0 ||
        setenv("CK_MAX_MSG_SIZE", MESSAGE_SIZE_MAX, 0) != 0 || scratch_begin() != 0) {
        perror(name);
        return 1;
    }
    fprintf(tap, "# %s\n", name);
    fflush(tap); /* else every child would hold, and at its end write, a copy */
    int status = run(tap, name, argc == 2 ? argv[1] : NULL, checks_tap);
    scratch_end();
    close(checks_tap);
    if (fclose(tap) != 0)
        status = -1;
    return status == 0 ? 0 : 1;
}
