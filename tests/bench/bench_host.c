/* SPDX-License-Identifier: BSD-3-Clause */
/* The program whose logins `make bench` measures: as small as an application of PAM can be, so that
 * what it takes is libpam's and the module's. Started anew for each figure, by bench.c and with its
 * rights.
 *     host login CONFDIR SERVICE USER leave|stay     says when the code was there, and the end
 *     host load OBJECT                               says what a dlopen took */
#include <dlfcn.h>
#include <link.h>
#include <security/pam_appl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct visit {
    int64_t begin_ns;
    int leaves; /* as soon as there is a code */
    int seen;
};

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The first message with a link is the one with the code. A relay writes it in upper case. Nothing
 * is ever answered. */
static int
converse(int n_messages, const struct pam_message **messages, struct pam_response **ret_responses,
         void *user)
{
    int64_t shown_ns = now_ns();
    struct visit *visit = user;

    *ret_responses = NULL;
    for (int i = 0; i < n_messages; i++) {
        const char *link = strcasestr(messages[i]->msg, "\n  https://");
        if (!link || visit->seen)
            continue;
        visit->seen = 1;
        link += strlen("\n  ");
        printf("code %lld %.*s\n", (long long)(shown_ns - visit->begin_ns),
               (int)strcspn(link, " \n"), link);
        fflush(stdout);
        if (visit->leaves)
            return PAM_CONV_ERR;
    }
    *ret_responses = calloc((size_t)n_messages, sizeof **ret_responses);
    return *ret_responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int
log_in(const char *confdir, const char *service, const char *user, const char *what)
{
    struct visit visit = {.leaves = strcmp(what, "leave") == 0};
    const struct pam_conv conversation = {.conv = converse, .appdata_ptr = &visit};
    pam_handle_t *pamh = NULL;
    int status = pam_start_confdir(service, user, &conversation, confdir, &pamh);

    if (status == PAM_SUCCESS)
        status = pam_set_item(pamh, PAM_TTY, "none");
    if (status != PAM_SUCCESS) {
        fprintf(stderr, "pam_start: %s\n", pam_strerror(NULL, status));
        return 1;
    }
    visit.begin_ns = now_ns();
    status = pam_authenticate(pamh, 0);
    printf("end %lld %d\n", (long long)now_ns(), status);
    pam_end(pamh, status);
    return 0;
}

static int
count_object(struct dl_phdr_info *info, size_t size, void *user)
{
    int *count = user;

    (void)info;
    (void)size;
    ++*count;
    return 0;
}

static int
count_objects(void)
{
    int count = 0;

    dl_iterate_phdr(count_object, &count);
    return count;
}

static long
resident_bytes(void)
{
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = -1;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int
load(const char *object)
{
    int n_before = count_objects();
    long before = resident_bytes();

    before = resident_bytes(); /* the first look's own buffers are in the second */
    int64_t begin_ns = now_ns();
    void *handle = dlopen(object, RTLD_NOW); /* as libpam does */
    int64_t end_ns = now_ns();
    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    printf("loaded %lld %d %ld\n", (long long)(end_ns - begin_ns), count_objects() - n_before,
           resident_bytes() - before);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "login") == 0)
        return log_in(argv[2], argv[3], argv[4], argv[5]);
    if (argc == 3 && strcmp(argv[1], "load") == 0)
        return load(argv[2]);
    fprintf(stderr, "host is started by bench.\n");
    return 2;
}
