/* SPDX-License-Identifier: BSD-3-Clause */
/* See config_layers.h. */
#include "pam_idinqr/config/config_layers.h"

#include "pam_idinqr/common/error.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char system_file[] = SYSCONFDIR "/idinqr.conf";
static const char vendor_file[] = VENDORDIR "/idinqr.conf";

/* Not access(): that asks as the real user, who under su is not the one that reads the file. And
 * only "there is none" lets another file take its place. */
static int
exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 || errno != ENOENT;
}

const char *
config_layers_main(const char *path)
{
    if (path)
        return path;
    return !exists(system_file) && exists(vendor_file) ? vendor_file : system_file;
}

static int
is_conf(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0;
}

/* By bytes: alphasort() would ask the host's locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

struct names {
    struct dirent **entries;
    int n;
};

static void
names_free(struct names *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->entries[i]);
    free(names->entries);
}

static int
names_read(struct names *names, const char *directory, struct problem *problem)
{
    names->n = scandir(directory, &names->entries, is_conf, by_name);
    if (names->n >= 0)
        return 0;
    names->n = 0;
    if (errno == ENOENT)
        return 0;
    problem_set(problem, "%s: %s", directory, strerror(errno));
    return IDQ_CONFIG;
}

/* Merges two sorted directories; a name in the upper one hides the same name in the lower one. */
static int
each_drop_in(const char *lower, const char *upper, config_layer_function *read, void *context,
             struct problem *problem)
{
    __attribute__((cleanup(names_free))) struct names low = {0}, up = {0};
    int result = lower ? names_read(&low, lower, problem) : 0;

    if (result == 0)
        result = names_read(&up, upper, problem);
    for (int l = 0, u = 0; result == 0 && (l < low.n || u < up.n);) {
        char path[PATH_MAX];
        int order = l == low.n  ? 1
                    : u == up.n ? -1
                                : strcmp(low.entries[l]->d_name, up.entries[u]->d_name);
        int size = order < 0 ? snprintf(path, sizeof path, "%s/%s", lower, low.entries[l]->d_name)
                             : snprintf(path, sizeof path, "%s/%s", upper, up.entries[u]->d_name);
        l += order <= 0;
        u += order >= 0;
        if (size >= (int)sizeof path) {
            problem_set(problem, "%s: the path is too long", upper);
            return IDQ_CONFIG;
        }
        result = read(context, path, problem);
    }
    return result;
}

int
config_layers_each(const char *path, config_layer_function *read, void *context,
                   struct problem *ret_problem)
{
    char drop_ins[PATH_MAX];
    int result = read(context, config_layers_main(path), ret_problem);

    if (result != 0)
        return result;
    if (!path)
        return each_drop_in(VENDORDIR "/idinqr.conf.d", SYSCONFDIR "/idinqr.conf.d", read, context,
                            ret_problem);
    if (snprintf(drop_ins, sizeof drop_ins, "%s.d", path) >= (int)sizeof drop_ins) {
        problem_set(ret_problem, "%s: the path is too long", path);
        return IDQ_CONFIG;
    }
    return each_drop_in(NULL, drop_ins, read, context, ret_problem);
}
