/* SPDX-License-Identifier: BSD-3-Clause */
/* Declares the tests of a program, runs them with Check, and reports in TAP, the format that
 * Automake's tap-driver.sh counts and a person can read. Test code: runs as the tests' user.
 *
 *     TEST_CASE("lines", .timeout_s = 5);    the tests that follow are of this case
 *     TEST(days) { ... }
 *     LOOP_TEST(a_line_that_is_read, N_LINES) { ... lines[_i] ... }
 *     RUN_TESTS("map", NULL);                in place of main
 *
 *     prog             runs everything
 *     prog TEST_CASE   runs that test case alone
 *
 * A test is registered where it is written, so none is forgotten, and the order is the file's.
 * Those before the first TEST_CASE are of a case that is named as the program.
 *
 * CK_FORK=no runs a test in the program's own process, for a debugger. A test has 60 s unless its
 * case or CK_DEFAULT_TIMEOUT says otherwise, and CK_TIMEOUT_MULTIPLIER (3) times as long. */
#ifndef IDQ_TESTS_RUNNER_H
#define IDQ_TESTS_RUNNER_H

#include <check.h>

/* What may follow a test's name. They are read after the program's reason to skip, so their values
 * may ask the machine. */
struct test_options {
    int count;               /* LOOP_TEST's: _i takes so many values, at least one */
    int first;               /* from this one on; 0 unless given */
    const char *why_not;     /* a reason not to run it: reported as the skip "case:test" */
    int (*has_row)(int row); /* tells the values of _i that are left out; may call runner_skip */
};

/* What may follow a case's name. */
struct case_options {
    void (*setup)(void), (*teardown)(void); /* around each test, in its process */
    void (*before)(void), (*after)(void);   /* around all of them, in the program's process */
    double timeout_s;
    const char *why_not; /* a reason to run none of its tests: reported as a skip of that name */
    /* Instead of the name, which is then NULL: the case is there once for each name that this
     * returns, until NULL. A reason in `ret_why_not` makes that one a skip. */
    const char *(*variant)(int i, const char **ret_why_not);
};

#define TEST(test, ...)            RUNNER_TEST(test, .count = 1, __VA_ARGS__)
#define LOOP_TEST(test, rows, ...) RUNNER_TEST(test, .count = (int)(rows), __VA_ARGS__)
#define TEST_CASE(case_name, ...)  RUNNER_CASE(case_name, __COUNTER__, __VA_ARGS__)
#define RUN_TESTS(name, why_skip)                                                                  \
    static const char *runner_why_skip(void)                                                       \
    {                                                                                              \
        return why_skip;                                                                           \
    }                                                                                              \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return runner_main(argc, argv, name, runner_why_skip);                                     \
    }                                                                                              \
    struct runner_entry

/* The main of RUN_TESTS. why_skip returns a reason not to run anything, or NULL: the whole program
 * is then reported as one skip. Returns main's exit status: 0 when the TAP on stdout is complete,
 * whatever the tests said (tap-driver.sh counts a failure from its line, and another status as one
 * error more); 1 when the harness itself failed or no test ran; 2 on a wrong command line.
 *
 * What tests print on stdout goes to stderr. Processes that a test left behind are killed and named
 * in a "#" line, and its files (scratch.h) are removed. */
int runner_main(int argc, char **argv, const char *name, const char *(*why_skip)(void));

/* Reports as skipped a test case or a test ("case:test") that an option leaves out. Neither text is
 * copied. */
void runner_skip(const char *what, const char *why);

/* The number of the variant that the running test, or the option that is being read, is of. Known
 * in a fixture of the first two variants alone. */
int runner_variant(void);

/* All declared tests. */
Suite *runner_suite(const char *name);

/* Runs one START_TEST in this process, with nothing on stdout but what it prints there: for a
 * program that has a table to print. Returns main's exit status. */
int runner_print(const TTest *test, void (*setup)(void));

/* The macros' own. */
struct runner_entry {
    const char *file, *case_name;
    int line;
    const TTest *const *test; /* NULL for a case */
    struct test_options (*test_options)(void);
    struct case_options (*case_options)(void);
    struct runner_entry *next;
};

void runner_register(struct runner_entry *entry);
int runner_row(int number); /* of the running test; what Check counts has the variant in it */

#define RUNNER_TEST(test, ...)                                                                     \
    static const TTest *test;                                                                      \
    static void runner_body_of_##test(int _i);                                                     \
    static struct test_options runner_options_of_##test(void)                                      \
    {                                                                                              \
        return (struct test_options){__VA_ARGS__};                                                 \
    }                                                                                              \
    __attribute__((constructor)) static void runner_register_##test(void)                          \
    {                                                                                              \
        static struct runner_entry entry = {                                                       \
            __FILE__, NULL, __LINE__, &test, runner_options_of_##test, NULL, NULL};                \
        runner_register(&entry);                                                                   \
    }                                                                                              \
    START_TEST(test)                                                                               \
    {                                                                                              \
        runner_body_of_##test(runner_row(_i));                                                     \
    }                                                                                              \
    static void runner_body_of_##test(int _i CK_ATTRIBUTE_UNUSED)

#define RUNNER_CASE(case_name, number, ...) RUNNER_CASE_(case_name, number, __VA_ARGS__)
#define RUNNER_CASE_(case_name, number, ...)                                                       \
    static struct case_options runner_case_options_##number(void)                                  \
    {                                                                                              \
        return (struct case_options){__VA_ARGS__};                                                 \
    }                                                                                              \
    __attribute__((constructor)) static void runner_register_case_##number(void)                   \
    {                                                                                              \
        static struct runner_entry entry = {                                                       \
            __FILE__, case_name, __LINE__, NULL, NULL, runner_case_options_##number, NULL};        \
        runner_register(&entry);                                                                   \
    }                                                                                              \
    struct runner_entry

#endif
