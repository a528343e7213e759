/* The files of PAM's configuration: where a service's lines stand, and what words they have. */
#ifndef IDQ_TOOL_PAM_FILE_H
#define IDQ_TOOL_PAM_FILE_H

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
 * path is taken as it is) below `root` ("" for this machine): the first of /etc/pam.d,
 * /usr/lib/pam.d and /usr/share/pam.d that has it, or /etc/pam.conf where there is none of these
 * directories. NULL when nothing has it, else freed by the caller. */
char *pam_file_find(const char *root, const char *service);

/* Whether the lines of that path begin with a service's name, as those of /etc/pam.conf do. */
int pam_file_is_conf(const char *root, const char *path);

/* Calls `take` for each line that says something. 0; what `take` returned; or -1 with errno when
 * the file cannot be read. */
int pam_file_read(const char *path, pam_words_function *take, void *context);

/* The services that have a file (or lines in /etc/pam.conf), sorted, each once; ends with NULL.
 * Backups of editors and packages are left out. NULL with errno (0: there is no PAM) when there is
 * nothing to list; freed with pam_file_list_free. */
char **pam_file_list(const char *root);
void pam_file_list_free(char ***list);

#endif
