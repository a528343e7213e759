/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests changes to idinqr.map when an allocation fails, for each allocation in turn: the change is
 * refused or complete. The map has empty lines and a comment, because a reader would not notice
 * their loss. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map_edit.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/map_lines.h"
#include "tests/unit/diag_line.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

#define SPACE 30000 /* empty lines: more than a stream in memory has room for at once */
#define TAIL  "# the end\n"

/* The one to come that gets nothing, or -1: all get some. */
static int n_until_none = -1;

#ifndef SANITIZER /* a sanitizer has its own allocator */
static int
is_short(void)
{
    if (n_until_none < 0 || n_until_none-- > 0)
        return 0;
    errno = ENOMEM;
    return 1;
}

/* This one and realloc are in libc's place, and for libc itself: the dynamic linker prefers a
 * program's. */
void *
malloc(size_t size)
{
    static void *(*libcs)(size_t);

    if (!libcs)
        *(void **)&libcs = dlsym(RTLD_NEXT, "malloc");
    return is_short() ? NULL : libcs(size);
}

void *
realloc(void *block, size_t size)
{
    static void *(*libcs)(void *, size_t);

    if (!libcs)
        *(void **)&libcs = dlsym(RTLD_NEXT, "realloc");
    return is_short() ? NULL : libcs(block, size);
}
#endif

/* A map of two lines, and what may be lost without making it one that cannot be read: wherever it
 * is cut, the last line has an end. */
static char *
map_of(const char *first_line, const char *last_line)
{
    char *space = malloc(SPACE + 1), *text;

    ck_assert_ptr_nonnull(space);
    memset(space, '\n', SPACE);
    space[SPACE] = '\0';
    text = scratch_text("%s%s" TAIL "%s", first_line, space, last_line);
    free(space);
    return text;
}

static const struct map_line alice = MAP_LINE(0, "alice", A, "", "", "", "", "first floor");
#define ALICE "alice " A " note=\"first floor\"\n"

static int
replace(struct map_edit *edit, struct diag *diag)
{
    return map_edit_replace(edit, 0, &alice, diag);
}

static int
add(struct map_edit *edit, struct diag *diag)
{
    return map_edit_add(edit, &alice, diag);
}

static const struct {
    int (*change)(struct map_edit *edit, struct diag *diag);
    const char *first_before, *first_after, *last_after;
} changes[] = {
    {replace, "alice " A "\n", ALICE, ""},
    {add, "bob " A "\n", "bob " A "\n", ALICE},
};

TEST_CASE("memory");

LOOP_TEST(a_change_is_refused_or_whole, ARRAY_LENGTH(changes))
{
    char *dir = scratch_dir("memory"), *path = scratch_path(dir, "idinqr.map");
    char *before = map_of(changes[_i].first_before, "");
    char *after = map_of(changes[_i].first_after, changes[_i].last_after);
    int result = IDQ_MAP, n_refused = 0;

    for (int n = 0; result != 0; n++) {
        MAP_EDIT_AUTO *edit = NULL;
        struct diag diag = {.text = ""};
        char *text;

        scratch_write(path, 0600, before);
        ck_assert_int_eq(map_edit_begin(path, 0, &edit, &diag), 0);
        n_until_none = n;
        result = changes[_i].change(edit, &diag);
        n_until_none = -1;
        ck_assert_msg(result == 0 || strstr(diag_line(&diag), strerror(ENOMEM)),
                      "without allocation %d: %s", n, diag_line(&diag));
        n_refused += result != 0;
        ck_assert_int_eq(map_edit_commit(edit, &diag), 0);
        text = scratch_read(path);
        ck_assert_msg(strcmp(text, result == 0 ? after : before) == 0,
                      "without allocation %d: result %d, and %zu of %zu bytes", n, result,
                      strlen(text), strlen(result == 0 ? after : before));
    }
    ck_assert_int_gt(n_refused, 3);
}

static const char *
why_not(void)
{
#ifdef SANITIZER
    return "a sanitizer allocates by itself";
#else
    return NULL;
#endif
}

RUN_TESTS("map_edit_memory", why_not());
