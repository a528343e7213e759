/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this at its start, as its user, on its configuration alone. */
#include "pam_idinqr/relay/relay_jail.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/fetch/jail_rules.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/jail/seccomp.h"
#include "pam_idinqr/relay/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <syslog.h>
#include <time.h>

int
relay_jail_begin(void)
{
    const struct rlimit no_core = {0, 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
        setrlimit(RLIMIT_CORE, &no_core) || clearenv() || setenv("TZ", "UTC0", 1))
        return IDQ_SYSTEM;
    tzset();
    return 0;
}

#ifdef SANITIZER /* see jail_close */

int
relay_jail_close(const struct relay_config *config, struct diag *ret_diag)
{
    (void)config;
    (void)ret_diag;
    return 0;
}

#else

static void
directory_of(const char *path, char ret_directory[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(ret_directory, PATH_MAX, "%.*s", slash && slash > path ? (int)(slash - path) : 1,
             path);
}

/* The ports of the upstream, and its CAs. */
static int
set_up(const struct relay_config *config, struct fetch_setup *ret_setup)
{
    const char *const urls[] = {config->acquirer.directory_url,
                                config->acquirer.transaction_url,
                                config->acquirer.status_url,
                                config->qr_backend.url,
                                config->openid.issuer, /* the next one has a default */
                                config->upstream == RELAY_CM ? config->cm.url : ""};
    struct https_url url;

    *ret_setup = (struct fetch_setup){.n_ports = 0};
    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        if (urls[i][0] == '\0')
            continue; /* its section is not in use */
        if (https_url_parse(urls[i], strlen(urls[i]), &url) != 0)
            return IDQ_SYSTEM;
        ret_setup->ports[ret_setup->n_ports++] = url.port;
    }
    snprintf(ret_setup->ca_file, sizeof ret_setup->ca_file, "%s", config->ca_file);
    snprintf(ret_setup->proxy, sizeof ret_setup->proxy, "%s", config->proxy);
    return 0;
}

/* Directories, in place of files: the relay runs for months, and an administrator or another
 * program replaces these files. */
static int
add_directories(const struct landlock_list *list, const struct relay_config *config)
{
    char directory[PATH_MAX], *resolver = realpath("/etc/resolv.conf", NULL);
    int error = landlock_list_file(list, "/etc");

    if (resolver) {
        directory_of(resolver, directory);
        error |= landlock_list_file(list, directory);
    }
    free(resolver);
    if (config->ca_file[0]) {
        directory_of(config->ca_file, directory);
        error |= landlock_list_file(list, directory);
    }
    if (!store_is_shared(config->database)) {
        directory_of(config->database, directory);
        error |= landlock_list_file(list, directory);
    }
    return error;
}

/* What a connection to PostgreSQL needs, whenever it is made anew. */
static int
add_database(const struct landlock_list *list, const struct store_needs *needs)
{
    char directory[PATH_MAX];
    int error = 0;

    for (size_t i = 0; i < needs->n_ports; i++)
        error |= landlock_list_port(list, needs->ports[i]);
    for (size_t i = 0; i < needs->n_files; i++) {
        directory_of(needs->files[i], directory);
        error |= landlock_list_file(list, directory);
    }
    return error;
}

static int
enter_landlock(const struct relay_config *config, const struct store_needs *needs)
{
    __attribute__((cleanup(landlock_list_close))) struct landlock_list list = {.ruleset = -1};
    struct fetch_setup setup;
    char directory[PATH_MAX];
    int abi = landlock_abi();

    directory_of(config->database, directory);
    if (set_up(config, &setup) != 0 || landlock_list_begin(abi, &list) != 0 ||
        jail_rules_add(&list, &setup) != 0 || add_directories(&list, config) != 0 ||
        add_database(&list, needs) != 0 || landlock_list_enter(&list) != 0)
        return IDQ_SYSTEM;
    if (abi == 0)
        fprintf(stderr, "<%d>the kernel has no Landlock: the relay may read what its user may\n",
                LOG_WARNING);
    return store_is_shared(config->database) ? landlock_forbid(abi)
                                             : landlock_forbid_outside(abi, directory);
}

int
relay_jail_close(const struct relay_config *config, struct diag *ret_diag)
{
    struct store_needs needs = {.n_ports = 0};

    if (store_is_shared(config->database) &&
        store_read_uri(config->database, &needs, ret_diag) != 0)
        return IDQ_CONFIG;
    if (jail_has_one_thread() && enter_landlock(config, &needs) == 0 &&
        seccomp_filter_enter(needs.has_socket ? JAIL_RELAY_SOCKET : JAIL_RELAY, NULL) == 0)
        return 0;
    diag_set(ret_diag, "the kernel, or a container, does not let the relay into its jail");
    return IDQ_SYSTEM;
}

#endif
