/* See pam_stack.h. Run by idinqr(1) on PAM's own files. */
#include "pam_idinqr/tool/pam_stack.h"

#include "pam_idinqr/tool/pam_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 16 /* of files that include files, in Linux-PAM as well */

static const char *const types[] = {"auth", "account", "session", "password", NULL};

/* A file while it is read. */
struct reading {
    struct pam_stack *stack;
    const char *root;
    const char *service; /* of /etc/pam.conf; NULL elsewhere: the lines name none */
    const char *type;    /* the one that is wanted */
    unsigned level;
    int depth;
};

static int
add_mistake(struct pam_stack *stack, const char *file, unsigned number, int is_access,
            const char *what, const char *name)
{
    struct pam_mistake mistake = {strdup(file), number, NULL, is_access};
    struct pam_mistake *longer =
        reallocarray(stack->mistakes, stack->n_mistakes + 1, sizeof *longer);

    if (longer)
        stack->mistakes = longer;
    if (asprintf(&mistake.text, "%s %.100s", what, name) < 0)
        mistake.text = NULL;
    if (longer && mistake.file && mistake.text) {
        longer[stack->n_mistakes++] = mistake;
        return 0;
    }
    free(mistake.file);
    free(mistake.text);
    return -1;
}

static void
free_line(struct pam_line *line)
{
    free(line->file);
    free(line->module);
    for (int i = 0; i < line->n_arguments; i++)
        free(line->arguments[i]);
}

/* Takes a line over, whatever comes of it. */
static int
add_line(struct pam_stack *stack, struct pam_line line)
{
    struct pam_line *longer = reallocarray(stack->lines, stack->n + 1, sizeof *longer);

    if (longer)
        stack->lines = longer;
    if (!longer || !line.file || !line.module) {
        free_line(&line);
        return -1;
    }
    longer[stack->n++] = line;
    return 0;
}

static struct pam_line
line_of(const struct reading *reading, const struct pam_words *words, const char *module, int kind)
{
    struct pam_line line = {.file = strdup(words->file),
                            .number = words->line,
                            .kind = kind,
                            .level = reading->level,
                            .module = strdup(module)};

    return line;
}

/* Which module it was to be is kept where it can be told, for whoever looks for one. */
static int
add_broken(struct reading *reading, const struct pam_words *words, const char *what,
           const char *name)
{
    struct pam_line line;
    const char *module = name;

    for (size_t i = 0; i < words->n; i++)
        if (strstr(words->words[i], "pam_"))
            module = words->words[i];
    line = line_of(reading, words, module, PAM_LINE_BROKEN);
    (void)pam_control_read("required", 0, &line.control);
    return add_mistake(reading->stack, words->file, words->line, 0, what, name) |
           add_line(reading->stack, line);
}

static int take_words(void *context, const struct pam_words *words);

/* The file that a line includes; `words` is that line. */
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
        result = errno == ENOMEM ? -1
                                 : add_mistake(outer->stack, path, 0, errno == EACCES,
                                               "cannot be read:", strerror(errno));
    free(path);
    return result;
}

static int
is_type(const char *word)
{
    for (const char *const *type = types; *type; type++)
        if (strcasecmp(word, *type) == 0)
            return 1;
    return 0;
}

/* A line of the type that is wanted, from its control on. */
static int
take_module(struct reading *reading, const struct pam_words *words, size_t first)
{
    struct pam_line line;
    const char *control = words->words[first];
    int is_bracketed = words->bracketed >> first & 1, failed = 0;

    if (first + 1 >= words->n)
        return add_broken(reading, words, "the line names no module behind", control);
    if (!is_bracketed && strcasecmp(control, "include") == 0)
        return include(reading, words, words->words[first + 1], reading->type, reading->level);
    if (!is_bracketed && strcasecmp(control, "substack") == 0) {
        line = line_of(reading, words, words->words[first + 1], PAM_LINE_SUBSTACK);
        return add_line(reading->stack, line) != 0
                   ? -1
                   : include(reading, words, words->words[first + 1], reading->type,
                             reading->level + 1);
    }
    line = line_of(reading, words, words->words[first + 1], PAM_LINE_MODULE);
    if (pam_control_read(control, is_bracketed, &line.control) != 0)
        failed = add_mistake(reading->stack, words->file, words->line, 0,
                             "PAM does not understand the control", control);
    for (size_t i = first + 2; i < words->n && line.n_arguments < PAM_STACK_ARGUMENTS_MAX; i++) {
        line.arguments[line.n_arguments] = strdup(words->words[i]);
        failed |= line.arguments[line.n_arguments++] == NULL;
    }
    return add_line(reading->stack, line) | failed;
}

static int
take_words(void *context, const struct pam_words *words)
{
    struct reading *reading = context;
    size_t first = reading->service != NULL;
    const char *type;

    if (first > 0 && strcasecmp(words->words[0], reading->service) != 0)
        return 0;
    if (first >= words->n)
        return add_broken(reading, words, "the line has no type, only", words->words[0]);
    type = words->words[first];
    if (strcmp(type, "@include") == 0)
        return first + 1 < words->n
                   ? include(reading, words, words->words[first + 1], reading->type, reading->level)
                   : add_broken(reading, words, "no file behind", type);
    type += type[0] == '-'; /* PAM only keeps quiet when such a module is not there */
    /* PAM adds a line of a type that does not exist to the auth lines, as a refusal. */
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
    reading.service = pam_file_is_conf(root, path) ? service : NULL;
    if (pam_file_read(path, take_words, &reading) != 0)
        result = errno == ENOMEM ? -1
                                 : add_mistake(ret_stack, path, 0, errno == EACCES,
                                               "cannot be read:", strerror(errno));
    free(path);
    return result;
}

int
pam_line_runs(const struct pam_line *line, const char *module)
{
    const char *slash = strrchr(line->module, '/');
    const char *name = slash ? slash + 1 : line->module;
    size_t size = strlen(module);

    return line->kind == PAM_LINE_MODULE && strncmp(name, module, size) == 0 &&
           (name[size] == '\0' || strcmp(name + size, ".so") == 0);
}

long
pam_stack_jump(const struct pam_stack *stack, size_t i, int jump)
{
    unsigned level = stack->lines[i].level;

    while (jump > 0 && i + 1 < stack->n && stack->lines[i + 1].level >= level) {
        /* A substack is one line to those around it. */
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
    for (size_t i = 0; i < stack->n; i++)
        free_line(&stack->lines[i]);
    for (size_t i = 0; i < stack->n_mistakes; i++) {
        free(stack->mistakes[i].file);
        free(stack->mistakes[i].text);
    }
    free(stack->lines);
    free(stack->mistakes);
    *stack = (struct pam_stack){0};
}
