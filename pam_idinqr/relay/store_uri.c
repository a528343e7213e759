/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this at their start, on their configuration. What the URI of
 * PostgreSQL leads to. */
#include <build.h>

#include "pam_idinqr/relay/store.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBPQ
#include <libpq-fe.h>

#define DEFAULT_PORT "5432"

static const char *
value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

/* Takes the next item of a list with commas, which may be empty. Returns false after the last. */
static bool
next_item(const char **list, char *ret_item, size_t size)
{
    size_t length;

    if (!*list)
        return false;
    length = strcspn(*list, ",");
    (void)snprintf(ret_item, size, "%.*s", (int)length, *list);
    *list = (*list)[length] ? *list + length + 1 : NULL;
    return true;
}

/* Each host has a port, or all have one. Without a host, it is a socket. */
static const char *
read_hosts(const PQconninfoOption *options, struct store_needs *needs)
{
    const char *ports = value_of(options, "port"), *hosts = value_of(options, "host");
    const char *addresses = value_of(options, "hostaddr");
    char host[256], port[8] = "", *end;
    unsigned long number;

    if (addresses[0])
        hosts = addresses;
    while (next_item(&hosts, host, sizeof host)) {
        if (next_item(&ports, port, sizeof port) && port[0] == '\0')
            snprintf(port, sizeof port, DEFAULT_PORT);
        number = strtoul(port, &end, 10);
        if (*end || number == 0 || number > 65535)
            return "has an invalid port";
        if (needs->n_ports == STORE_HOSTS_MAX)
            return "has too many hosts";
        if (host[0] == '\0' || host[0] == '/' || host[0] == '@')
            needs->has_socket = true;
        else
            needs->ports[needs->n_ports++] = (unsigned)number;
    }
    return NULL;
}

static const char *
read_options(const PQconninfoOption *options, struct store_needs *needs)
{
    static const char *const files[] = {"passfile", "sslrootcert", "sslcert",
                                        "sslkey",   "sslcrl",      "sslcrldir"};
    _Static_assert(ARRAY_LENGTH(files) == STORE_FILES_MAX, "each may be in needs");

    if (value_of(options, "password")[0] || value_of(options, "sslpassword")[0])
        return "has a password: put it into a file, and name that with passfile=";
    if (value_of(options, "service")[0])
        return "has a service, which is not supported";
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        const char *path = value_of(options, files[i]);
        if (path[0] == '\0' || strcmp(path, "system") == 0)
            continue;
        if (path[0] != '/' || copy_text(needs->files[needs->n_files++], PATH_MAX, path) != 0)
            return "names a file without its whole path";
    }
    return read_hosts(options, needs);
}

int
store_read_uri(const char *uri, struct store_needs *ret_needs, struct diag *ret_diag)
{
    PQconninfoOption *options = PQconninfoParse(uri, NULL); /* its text may have a password */
    const char *why = "is not a valid URI of PostgreSQL";

    *ret_needs = (struct store_needs){.n_ports = 0};
    if (options)
        why = read_options(options, ret_needs);
    PQconninfoFree(options);
    if (!why)
        return 0;
    diag_set(ret_diag, "database %s", why);
    return IDQ_CONFIG;
}

#else

int
store_read_uri(const char *uri, struct store_needs *ret_needs, struct diag *ret_diag)
{
    (void)uri;
    *ret_needs = (struct store_needs){.n_ports = 0};
    diag_set(ret_diag, "database: this program was built without PostgreSQL (libpq)");
    return IDQ_CONFIG;
}

#endif
