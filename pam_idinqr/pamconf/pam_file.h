/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of PAM's configuration: where a service's lines stand, and what words they have. */
#ifndef IDQ_PAMCONF_PAM_FILE_H
#define IDQ_PAMCONF_PAM_FILE_H

#include <stddef.h>

#define PAM_WORDS_MAX 32

/* A line with its continuations, cut into words; a word in brackets may have blanks in it. */
struct pam_words {
    const char *file;
    unsigned line; /* of the first of them, from 1 */
    size_t n;
    char *words[PAM_WORDS_MAX]; /* without their brackets */
    unsigned bracketed;         /* bit i: words[i] was in brackets */
};

/* Anything but 0 ends the reading. */
typedef int pam_words_function(void *context, const struct pam_words *words);

/* Where Linux-PAM finds the lines of a service (or of a file that another includes; an absolute
 * path is taken as it is) below `root` ("" for this machine): the first of /etc/pam.d and
 * /usr/lib/pam.d that has it, or /etc/pam.conf where there is neither directory. That is Debian's
 * libpam; one that was built with a vendor's directory has a third. NULL when nothing has it, else
 * freed by the caller. */
char *pam_file_find(const char *root, const char *service);

/* Whether the lines of that path begin with a service's name, as those of /etc/pam.conf do. */
int pam_file_is_conf(const char *root, const char *path);

/* Calls `take` for each line that says something. 0; what `take` returned; or -1 with errno when
 * the file cannot be read. */
int pam_file_read(const char *path, pam_words_function *take, void *context);

#define PAM_NAMES_MAX 512 /* of services; no machine has as many */

struct pam_names {
    size_t n;
    char names[PAM_NAMES_MAX][256];
};

/* The services that have a file (or lines in /etc/pam.conf), sorted, each once. Backups of editors
 * and packages are left out. NULL with errno when it cannot be told; freed with free(3). */
struct pam_names *pam_file_names(const char *root);

#endif
