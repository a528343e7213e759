/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this on PAM's files. */
#include "pam_idinqr/pamconf/pam_stack.h"

#include "pam_idinqr/pamconf/pam_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 16 /* of files that include files, as in Linux-PAM */

static const char *const types[] = {"auth", "account", "session", "password", NULL};

/* A file while it is read. */
struct reading {
    struct pam_stack *stack;
    const char *root;
    const char *service; /* of /etc/pam.conf; NULL elsewhere, where lines name no service */
    const char *type;    /* the wanted type */
    unsigned level;
    int depth;
    bool may_be_missing; /* the module of the line that is read */
};

static void
add_mistake(struct pam_stack *stack, const char *file, unsigned number, enum pam_mistake_kind kind,
            const char *what, const char *name)
{
    struct pam_mistake *mistake = &stack->mistakes[stack->n_mistakes];

    if (stack->n_mistakes == PAM_STACK_MISTAKES_MAX)
        return;
    stack->n_mistakes++;
    mistake->number = number;
    mistake->kind = kind;
    snprintf(mistake->file, sizeof mistake->file, "%s", file);
    snprintf(mistake->text, sizeof mistake->text, "%s %s", what, name);
}

/* After pam_file_read has failed: returns -1 if memory or room is short. */
static int
add_unread(struct pam_stack *stack, const char *path)
{
    if (errno == ENOMEM || errno == E2BIG)
        return -1;
    add_mistake(stack, path, 0, errno == EACCES ? PAM_MISTAKE_ACCESS : PAM_MISTAKE_LINE,
                "cannot be read:", strerror(errno));
    return 0;
}

/* Returns the next line, to be filled in, or NULL with errno if there is no room for it. */
static struct pam_line *
add_line(const struct reading *reading, const struct pam_words *words, const char *module,
         enum pam_line_kind kind)
{
    struct pam_stack *stack = reading->stack;
    struct pam_line *line = &stack->lines[stack->n];

    if (stack->n == PAM_STACK_LINES_MAX) {
        errno = E2BIG;
        return NULL;
    }
    stack->n++;
    line->number = words->line;
    line->kind = kind;
    line->level = reading->level;
    snprintf(line->file, sizeof line->file, "%s", words->file);
    snprintf(line->module, sizeof line->module, "%s", module);
    return line;
}

/* Copies the arguments of the module. Returns -1 if they are longer than any module accepts. */
static int
add_arguments(struct pam_line *line, const struct pam_words *words, size_t first)
{
    size_t used = 0;

    for (size_t i = first; i < words->n; i++) {
        size_t size = strlen(words->words[i]) + 1;
        if (size > sizeof line->text - used || line->n_arguments == PAM_STACK_ARGUMENTS_MAX)
            return -1;
        memcpy(line->text + used, words->words[i], size);
        line->arguments[line->n_arguments++] = line->text + used;
        used += size;
    }
    return 0;
}

/* The name of the module is kept for reports. */
static int
add_broken(const struct reading *reading, const struct pam_words *words, const char *what,
           const char *name)
{
    struct pam_line *line;
    const char *module = name;

    for (size_t i = 0; i < words->n; i++)
        if (strstr(words->words[i], "pam_"))
            module = words->words[i];
    line = add_line(reading, words, module, PAM_LINE_BROKEN);
    if (!line)
        return -1;
    (void)pam_control_read("required", 0, &line->control);
    add_mistake(reading->stack, words->file, words->line, PAM_MISTAKE_LINE, what, name);
    return 0;
}

static int take_words(void *context, const struct pam_words *words);

/* Returns the file that a line includes. `words` is that line. */
static int
include(const struct reading *outer, const struct pam_words *words, const char *name,
        const char *type, unsigned level)
{
    struct reading inner = *outer;
    char *path = pam_file_find(outer->root, name);
    int result = 0;

    inner.type = type;
    inner.level = level;
    inner.depth++;
    inner.service = path && pam_file_is_conf(outer->root, path) ? name : NULL;
    if (!path)
        result = add_broken(&inner, words, "there is no file to include named", name);
    else if (inner.depth > DEPTH_MAX)
        result = add_broken(&inner, words, "files include each other too deeply at", name);
    else if (pam_file_read(path, take_words, &inner) != 0)
        result = add_unread(outer->stack, path);
    free(path);
    return result;
}

static bool
is_type(const char *word)
{
    for (const char *const *type = types; *type; type++)
        if (strcasecmp(word, *type) == 0)
            return true;
    return false;
}

/* Reads a line of the wanted type, from its control on. */
static int
take_module(struct reading *reading, const struct pam_words *words, size_t first)
{
    struct pam_line *line;
    const char *control = words->words[first], *name;
    bool is_bracketed = words->bracketed >> first & 1;

    if (first + 1 >= words->n)
        return add_broken(reading, words, "the line names no module behind", control);
    name = words->words[first + 1];
    if (!is_bracketed && strcasecmp(control, "include") == 0)
        return include(reading, words, name, reading->type, reading->level);
    if (!is_bracketed && strcasecmp(control, "substack") == 0)
        return add_line(reading, words, name, PAM_LINE_SUBSTACK)
                   ? include(reading, words, name, reading->type, reading->level + 1)
                   : -1;
    line = add_line(reading, words, name, PAM_LINE_MODULE);
    if (!line)
        return -1;
    line->may_be_missing = reading->may_be_missing;
    if (add_arguments(line, words, first + 2) != 0)
        add_mistake(reading->stack, words->file, words->line, PAM_MISTAKE_LINE,
                    "too many arguments behind", name);
    if (pam_control_read(control, is_bracketed, &line->control) != 0)
        add_mistake(reading->stack, words->file, words->line, 0,
                    "PAM does not understand the control", control);
    return 0;
}

/* PAM takes the carriage return for a part of the last word. The line is read without it: its own
 * mistakes are others. */
static void
add_return(struct pam_stack *stack, const struct pam_words *words)
{
    for (size_t i = 0; i < stack->n_mistakes; i++)
        if (stack->mistakes[i].kind == PAM_MISTAKE_RETURN &&
            strcmp(stack->mistakes[i].file, words->file) == 0)
            return;
    add_mistake(stack, words->file, words->line, PAM_MISTAKE_RETURN, "the line ends in",
                "a carriage return, as of Windows");
}

static int
take_words(void *context, const struct pam_words *words)
{
    struct reading *reading = context;
    size_t first = reading->service != NULL;
    const char *type;

    if (words->has_return)
        add_return(reading->stack, words);
    if (first > 0 && strcasecmp(words->words[0], reading->service) != 0)
        return 0;
    if (first >= words->n)
        return add_broken(reading, words, "the line has no type, only", words->words[0]);
    type = words->words[first];
    if (strcmp(type, "@include") == 0)
        return first + 1 < words->n
                   ? include(reading, words, words->words[first + 1], reading->type, reading->level)
                   : add_broken(reading, words, "no file behind", type);
    reading->may_be_missing = type[0] == '-';
    type += reading->may_be_missing;
    /* PAM adds a line of an unknown type to the auth lines, as a refusal. */
    if (!is_type(type))
        return strcmp(reading->type, "auth") == 0
                   ? add_broken(reading, words, "there is no type", words->words[first])
                   : 0;
    if (strcasecmp(type, reading->type) != 0)
        return 0;
    return first + 1 < words->n ? take_module(reading, words, first + 1)
                                : add_broken(reading, words, "no control behind", type);
}

int
pam_stack_read(const char *root, const char *service, const char *type, struct pam_stack *ret_stack)
{
    struct reading reading = {.stack = ret_stack, .root = root, .type = type};
    char *path = pam_file_find(root, service);
    int result = 0;

    *ret_stack = (struct pam_stack){0};
    if (!path)
        return 0;
    ret_stack->lines = calloc(PAM_STACK_LINES_MAX, sizeof *ret_stack->lines);
    ret_stack->mistakes = calloc(PAM_STACK_MISTAKES_MAX, sizeof *ret_stack->mistakes);
    if (!ret_stack->lines || !ret_stack->mistakes) {
        free(path);
        return -1;
    }
    reading.service = pam_file_is_conf(root, path) ? service : NULL;
    if (pam_file_read(path, take_words, &reading) != 0)
        result = add_unread(ret_stack, path);
    free(path);
    return result;
}

bool
pam_line_runs(const struct pam_line *line, const char *module)
{
    const char *slash = strrchr(line->module, '/');
    const char *name = slash ? slash + 1 : line->module;
    size_t size = strlen(module);

    return line->kind == PAM_LINE_MODULE && strncmp(name, module, size) == 0 &&
           (name[size] == '\0' || strcmp(name + size, ".so") == 0);
}

bool
pam_line_has(const struct pam_line *line, const char *argument)
{
    for (int i = 0; i < line->n_arguments; i++)
        if (strcmp(line->arguments[i], argument) == 0)
            return true;
    return false;
}

long
pam_stack_jump(const struct pam_stack *stack, size_t i, int jump)
{
    unsigned level = stack->lines[i].level;

    while (jump > 0 && i + 1 < stack->n && stack->lines[i + 1].level >= level) {
        /* To the lines around it, a substack is one line. */
        do
            i++;
        while (i + 1 < stack->n && stack->lines[i + 1].level > level);
        jump--;
    }
    return jump > 0 ? -1 : (long)i + 1;
}

void
pam_stack_free(struct pam_stack *stack)
{
    free(stack->lines);
    free(stack->mistakes);
    *stack = (struct pam_stack){0};
}
