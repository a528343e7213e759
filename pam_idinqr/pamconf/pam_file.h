/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the files of PAM's configuration: finds the lines of a service, and their words. */
#ifndef IDQ_PAMCONF_PAM_FILE_H
#define IDQ_PAMCONF_PAM_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define PAM_WORDS_MAX 32

/* A line with its continuations, cut into words. A word in brackets may contain blanks. */
struct pam_words {
    const char *file;
    unsigned line; /* of the first of them, from 1 */
    size_t n;
    char *words[PAM_WORDS_MAX]; /* without their brackets */
    unsigned bracketed;         /* bit i: words[i] was in brackets */
    bool has_return;            /* a carriage return, left out here, is at the end of a line */
};

/* Any return value except 0 ends the reading. */
typedef int pam_words_function(void *context, const struct pam_words *words);

/* Finds the file with the lines of a service, or of a file that another includes, below `root` (""
 * for this machine). An absolute path stays as it is. That is the first match in /etc/pam.d and
 * /usr/lib/pam.d, or /etc/pam.conf if neither directory exists. This is Debian's libpam: a build
 * with a vendor directory has a third. Returns NULL if no file has it, else a path that the caller
 * frees. */
char *pam_file_find(const char *root, const char *service);

/* Returns whether the lines of that path begin with a service's name, as in /etc/pam.conf. */
bool pam_file_is_conf(const char *root, const char *path);

/* Calls `take` for each line with words. Returns 0, the result of `take`, or -1 with errno if the
 * file cannot be read. */
int pam_file_read(const char *path, pam_words_function *take, void *context);

#define PAM_NAMES_MAX 512 /* of services: more than any machine has */

struct pam_names {
    size_t n;
    char names[PAM_NAMES_MAX][256];
};

/* Returns the services that have a file, or lines in /etc/pam.conf, sorted and without duplicates.
 * Backups of editors and packages, and copies such as sudo.2026-11-30 beside sudo, are skipped.
 * Returns NULL with errno after an error. Freed with free(3). */
struct pam_names *pam_file_names(const char *root);

#endif
