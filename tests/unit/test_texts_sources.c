/* SPDX-License-Identifier: BSD-3-Clause */
/* Nothing that a person sees is written in the module's sources but in texts.c, where every text
 * stands in both languages. Looks at each string literal, in the statement that it is part of:
 * words that reach a person, and sentences anywhere, unless the statement is known to speak to an
 * administrator or to compare. Reads the source tree; needs no rights. */
#include "pam_idinqr/qr/drawing.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What makes messages for the person: not even a word. */
static const char *const speaking_files[] = {"account.c",      "authenticate.c", "code_text.c",
                                             "conversation.c", "drawing.c",      "login.c",
                                             "login_screen.c", "conversation.c", "request.c"};

/* What speaks to the person, in whichever file: not even a word. */
static const char *const speaking_calls[] = {"conversation_show(", "show(",       "ask(",
                                             "pam_error(",         "pam_info(",   "pam_prompt(",
                                             "text_copy(",         "text_write(", "fputs("};

/* What stands in a statement whose words are an administrator's, or are no text at all. */
static const char *const others[] = {
    "diag_set(",    "diag_set_file(",  "add_to_line(", "pam_syslog(", "strcmp(",
    "strncmp(",     "fmemopen(",       "layout.why =", "->why =",     "case AGENT_EXIT_",
    "struct diag ", "_Static_assert(", "= open(",
};

static int
has_any(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, words[i]))
            return 1;
    return 0;
}

#define HAS_ANY(text, words) has_any(text, words, sizeof(words) / sizeof *(words))

/* Behind an escape sequence of a terminal, an escape of C's, or a conversion of printf's; NULL when
 * there is none of them here. */
static const char *
skip_no_text(const char *p)
{
    if (strncmp(p, "\\033[", 5) == 0) {
        p += 5;
        while (isdigit((unsigned char)*p) || *p == ';' || *p == '%')
            p += *p == '%' ? 2 : 1;
        return *p ? p + 1 : p;
    }
    if (*p == '\\')
        return p[1] == 'x' ? p + 2 + strspn(p + 2, "0123456789abcdefABCDEF") : p + 2;
    if (*p == '%') {
        p += 1 + strspn(p + 1, "-+ #0123456789.*hlzj");
        return *p ? p + 1 : p;
    }
    return NULL;
}

/* How many words there are: two letters or more, of which "https" is no language's. */
static unsigned
count_words(const char *literal)
{
    unsigned n = 0;

    while (*literal) {
        const char *next = skip_no_text(literal);
        size_t length = 0;
        while (!next && isalpha((unsigned char)literal[length]))
            length++;
        n += length >= 2 && strncmp(literal, "https", length) != 0;
        literal = next ? next : literal + (length > 0 ? length : 1);
    }
    return n;
}

static int
is_sentence(const char *literal)
{
    return count_words(literal) >= 2 && strchr(literal, ' ');
}

static int
is_for_a_person(const char *file, const char *statement, const char *literal)
{
    if (strcmp(file, "audit.c") == 0) /* writes the log, and nothing else */
        return 0;
    for (enum drawing_mode mode = DRAWING_HALF; mode < DRAWING_MODES; mode++)
        if (strcmp(literal, drawing_name(mode)) == 0)
            return 0;
    if (HAS_ANY(statement, speaking_calls))
        return count_words(literal) > 0;
    if (HAS_ANY(statement, others))
        return 0;
    for (size_t i = 0; i < sizeof speaking_files / sizeof speaking_files[0]; i++)
        if (strcmp(file, speaking_files[i]) == 0)
            return count_words(literal) > 0;
    return is_sentence(literal);
}

/* Behind what stands between two marks, with the escapes of C. */
static const char *
skip_literal(const char *p)
{
    char mark = *p++;

    while (*p && *p != mark)
        p += *p == '\\' ? 2 : 1;
    ck_assert_int_eq(*p, mark);
    return p + 1;
}

static const char *
skip_to(const char *p, const char *end)
{
    const char *found = strstr(p, end);

    ck_assert_ptr_nonnull(found);
    return found + strlen(end);
}

static int
opens_block(const char *source, const char *p)
{
    while (p > source && isspace((unsigned char)p[-1]))
        p--;
    return p > source && p[-1] == ')';
}

/* The literals of a source that should be in texts.c, a line each; freed by the caller. */
static char *
find_texts(const char *file, const char *source)
{
    char *found = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&found, &size);
    const char *statement = source, *p = source;

    ck_assert_ptr_nonnull(out);
    while (*p) {
        const char *start = p;
        if (strncmp(p, "/*", 2) == 0) {
            p = skip_to(p, "*/");
        } else if (strncmp(p, "#include", 8) == 0 || strncmp(p, "//", 2) == 0) {
            p = statement = skip_to(p, "\n");
        } else if (*p == '\'') {
            p = skip_literal(p);
        } else if (*p == '"') {
            p = skip_literal(p);
            char *before = strndup(statement, (size_t)(start - statement)),
                 *literal = strndup(start + 1, (size_t)(p - start - 2));
            if (is_for_a_person(file, before, literal))
                fprintf(out, "%s: \"%s\"\n", file, literal);
            free(literal);
            free(before);
        } else {
            p++;
            if (*start == ';' || *start == '}' || (*start == '{' && opens_block(source, start)))
                statement = p;
        }
    }
    ck_assert_int_eq(fclose(out), 0);
    return found;
}

TEST_CASE("sources");

TEST(no_text_outside_the_table)
{
    glob_t files;
    char *text = NULL;
    size_t size = 0;
    FILE *all = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(all);
    ck_assert_int_eq(
        glob(SOURCE_DIR "/pam_idinqr/{audit,login,module,qr}/*.c", GLOB_BRACE, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *name = strrchr(files.gl_pathv[i], '/') + 1;
        char *source = scratch_read(files.gl_pathv[i]), *found = find_texts(name, source);
        if (strcmp(name, "texts.c") != 0)
            fputs(found, all);
        free(found);
        free(source);
    }
    ck_assert_int_eq(fclose(all), 0);
    ck_assert_uint_ge(files.gl_pathc, 20);
    ck_assert_msg(!*text, "texts that are in no table:\n%s", text);
    free(text);
    globfree(&files);
}

static const struct {
    const char *file, *source;
    int is_found;
} samples[] = {
    {"host.c", "conversation_show(c, \"Welcome\");", 1},
    {"host.c", "x(); pam_prompt(pamh, PAM_TEXT_INFO, NULL, \"%s left\", left);", 1},
    {"host.c", "pam_info(pamh, \"%d:%02d  left\", 1, 2);", 1},
    {"host.c", "login->conversation->show(login->conversation->context, \"\\033[2JHello\");", 1},
    {"host.c", "return is_su ? \"Scan this code\" : text;", 1},
    {"login.c", "snprintf(ret_station, size, \"%s\", host[0] ? host : \"machine\");", 1},
    {"conversation.c", "fprintf(stream, \"Press \" \"Enter\");", 1},
    {"code_text.c", "diag_set(p, \"no room for it\"); fputs(\"Waiting\", stream);", 1},
    {"code_text.c", "if (strcmp(a, \"yes\") == 0) { line = \"Waiting\"; }", 1},
    {"host.c", "/* \"a comment is none\" */ int c = '\"';", 0},
    {"host.c", "conversation_show(c, \"    %zu  %s\", i, account);", 0},
    {"code_text.c", "fprintf(stream, \"  https://%s/\\n\", host);", 0},
    {"drawing.c", "fputs(\"\\033[30;47m\\033[K\\xe2\\x96\\x80\\n\", stream);", 0},
    {"login.c", "snprintf(in_place, sizeof in_place, \"\\033[%uA\\r\\033[J\", rows);", 0},
    {"login.c", "diag_set(p, \"the link is too long for a window\");", 0},
    {"code_text.c", "layout.why = \"display says so\";", 0},
    {"login.c", "#include \"pam_idinqr/common/error.h\"\nint a;", 0},
    {"request.c", "int fd = open(\"/proc/self/loginuid\", O_RDONLY);", 0},
    {"login.c", "_Static_assert(A <= B, \"each link has a code\");", 0},
};

LOOP_TEST(what_is_found_and_what_is_not, sizeof samples / sizeof samples[0])
{
    char *found = find_texts(samples[_i].file, samples[_i].source);

    ck_assert_msg((*found != '\0') == samples[_i].is_found, "%s\nfound: %s", samples[_i].source,
                  found);
    free(found);
}

RUN_TESTS("texts_sources", NULL);
