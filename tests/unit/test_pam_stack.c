/* SPDX-License-Identifier: BSD-3-Clause */
/* PAM's files as they are read: where they are looked for, how lines are cut, joined and included.
 * Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/pamconf/pam_file.h"
#include "pam_idinqr/pamconf/pam_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of text for a stack: "LEVEL:NUMBER:MODULE(ARGUMENTS) …". */
static char *
describe(const struct pam_stack *stack)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    for (size_t i = 0; i < stack->n; i++) {
        const struct pam_line *line = &stack->lines[i];
        fprintf(stream, "%s%u:%u:%s", i ? " " : "", line->level, line->number, line->module);
        for (int j = 0; j < line->n_arguments; j++)
            fprintf(stream, "(%s)", line->arguments[j]);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static const struct {
    const char *text;  /* of etc/pam.d/service */
    const char *stack; /* as `describe` says it */
    size_t n_mistakes;
} texts[] = {
    {"", "", 0},
    {"# nothing\n\n  \t\n", "", 0},
    {"auth required a.so\n", "0:1:a.so", 0},
    {"auth required a.so", "0:1:a.so", 0},
    {"AUTH\tRequired\ta.so x y # z\n", "0:1:a.so(x)(y)", 0},
    {"auth required a.so [x y] [a\\]b]\n", "0:1:a.so(x y)(a]b)", 0},
    {"auth required \\\n  a.so \\\n x\nauth required b.so\n", "0:1:a.so(x) 0:4:b.so", 0},
    {"auth required a.so \\\n# in between\n x\n", "0:1:a.so(x)", 0},
    {"auth required a.so # \\\nauth required b.so\n", "0:1:a.so 0:2:b.so", 0},
    {"auth required a.so \\ # x\nauth required b.so\n", "0:1:a.so(\\) 0:2:b.so", 0},
    {"-auth required a.so\n", "0:1:a.so", 0},
    {"account required a.so\nauth required b.so\n", "0:2:b.so", 0},
    {"@include other\nauth required a.so\n", "0:1:o.so 0:2:p.so 0:2:a.so", 0},
    {"auth include other\n", "0:1:o.so 0:2:p.so", 0},
    {"account include other\n", "", 0},
    {"auth substack other\nauth required a.so\n", "0:1:other 1:1:o.so 1:2:p.so 0:2:a.so", 0},
    {"auth include nowhere\n", "0:1:nowhere", 1},
    {"auth required\n", "0:1:required", 1},
    {"auth\n", "0:1:auth", 1},
    {"atuh required pam_x.so\n", "0:1:pam_x.so", 1},
    {"auth requires a.so\n", "0:1:a.so", 1},
    {"@include\n", "0:1:@include", 1},
};

TEST_CASE("files");

LOOP_TEST(how_lines_are_read, ARRAY_LENGTH(texts))
{
    char *root = scratch_dir("root"), *text;
    PAM_STACK_AUTO stack;

    check_fixture_write(root, "etc/pam.d/service", 0644, texts[_i].text);
    check_fixture_write(root, "etc/pam.d/other", 0644,
                        "auth required o.so\nauth required p.so\naccount required q.so\n");
    ck_assert_int_eq(pam_stack_read(root, "service", "auth", &stack), 0);
    text = describe(&stack);
    ck_assert_str_eq(text, texts[_i].stack);
    ck_assert_uint_eq(stack.n_mistakes, texts[_i].n_mistakes);
    free(text);
}

TEST(where_files_are_looked_for)
{
    static const char *const places[] = {"usr/lib/pam.d/service", "etc/pam.d/service"};
    char *root = scratch_dir("root"), *path, *wanted;

    check_fixture_write(root, "etc/pam.d/other", 0644, "");
    check_fixture_write(root, "usr/share/pam.d/service", 0644, "");
    ck_assert_ptr_null(pam_file_find(root, "service"));
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        check_fixture_write(root, places[i], 0644, "");
        path = pam_file_find(root, "service");
        wanted = scratch_path(root, places[i]);
        ck_assert_str_eq(path, wanted);
        free(path);
    }
}

TEST(one_file_for_all)
{
    char *root = scratch_dir("root"), *text;
    PAM_STACK_AUTO stack;
    struct pam_names *list;

    check_fixture_write(root, "usr/share/pam.d/login", 0644, "");
    check_fixture_write(
        root, "etc/pam.conf", 0644,
        "# all\nsu auth required a.so\nsudo auth include su\nsudo auth required b.so\n");
    list = pam_file_names(root);
    ck_assert_ptr_nonnull(list);
    ck_assert_str_eq(list->names[0], "su");
    ck_assert_str_eq(list->names[1], "sudo");
    ck_assert_uint_eq(list->n, 2);
    ck_assert_int_eq(pam_stack_read(root, "sudo", "auth", &stack), 0);
    text = describe(&stack);
    ck_assert_str_eq(text, "0:2:a.so 0:4:b.so");
    free(list);
    /* It counts no longer where there is either directory. */
    check_fixture_write(root, "usr/lib/pam.d/chsh", 0644, "");
    ck_assert_ptr_null(pam_file_find(root, "sudo"));
    list = pam_file_names(root);
    ck_assert_ptr_nonnull(list);
    ck_assert_str_eq(list->names[0], "chsh");
    ck_assert_uint_eq(list->n, 1);
    free(list);
    free(text);
}

TEST(backups_are_no_services)
{
    char *root = scratch_dir("root");
    struct pam_names *list;

    check_fixture_write(root, "etc/pam.d/sudo", 0644, "");
    check_fixture_write(root, "etc/pam.d/sudo~", 0644, "");
    check_fixture_write(root, "etc/pam.d/sudo.dpkg-old", 0644, "");
    check_fixture_write(root, "etc/pam.d/.sudo.swp", 0644, "");
    check_fixture_write(root, "usr/lib/pam.d/sudo", 0644, "");
    check_fixture_write(root, "usr/lib/pam.d/polkit-1", 0644, "");
    check_fixture_write(root, "usr/share/pam.d/chsh", 0644, "");
    list = pam_file_names(root);
    ck_assert_ptr_nonnull(list);
    ck_assert_str_eq(list->names[0], "polkit-1");
    ck_assert_str_eq(list->names[1], "sudo");
    ck_assert_uint_eq(list->n, 2);
    free(list);
}

RUN_TESTS("pam_stack", NULL);
