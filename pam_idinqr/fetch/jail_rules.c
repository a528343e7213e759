/* SPDX-License-Identifier: BSD-3-Clause */
/* The fetch process runs this on the SETUP from the agent, before it uses the network. */
#include "pam_idinqr/fetch/jail_rules.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/jail/jail.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define DNS_PORT   53   /* by TCP, for an answer that is too long for UDP */
#define PROXY_PORT 1080 /* libcurl's default for a proxy URL without a port */

/* No libraries: they are loaded before the jail closes. No time zone: all times are UTC. */
static const char *const files[] = {
    /* The CA store: the bundle, the directory of hashed names, and the targets of its links. */
    "/etc/ssl",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    /* The resolver: the files that glibc's getaddrinfo(3) reads. */
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    /* libcurl seeds its random numbers from it. */
    "/dev/urandom",
};

static int
add_files(const struct landlock_list *list, const struct fetch_setup *setup)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    int error = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        error |= landlock_list_file(list, files[i]);
    /* The CA store's paths of this libcurl build, on systems other than Debian. */
    if (curl->cainfo)
        error |= landlock_list_file(list, curl->cainfo);
    if (curl->capath)
        error |= landlock_list_file(list, curl->capath);
    if (setup->ca_file[0])
        error |= landlock_list_file(list, setup->ca_file);
    return error ? IDQ_SYSTEM : 0;
}

static void
url_free(CURLU **url)
{
    curl_url_cleanup(*url);
}

/* Returns the port that libcurl would use for this proxy, or 0 if libcurl would reject its URL. */
static unsigned
proxy_port(const char *proxy)
{
    __attribute__((cleanup(url_free))) CURLU *url = curl_url();
    char *text = NULL;
    unsigned port = PROXY_PORT;

    if (!url || curl_url_set(url, CURLUPART_URL, proxy,
                             CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) != CURLUE_OK)
        return 0;
    if (curl_url_get(url, CURLUPART_PORT, &text, 0) == CURLUE_OK)
        port = (unsigned)strtoul(text, NULL, 10);
    else if (curl_url_get(url, CURLUPART_SCHEME, &text, 0) == CURLUE_OK &&
             strcmp(text, "https") == 0)
        port = 443;
    curl_free(text);
    return port;
}

static int
add_ports(const struct landlock_list *list, const struct fetch_setup *setup)
{
    int error = landlock_list_port(list, DNS_PORT);

    if (setup->proxy[0]) {
        unsigned port = proxy_port(setup->proxy);
        return port > 0 ? error | landlock_list_port(list, port) : error;
    }
    for (size_t i = 0; i < setup->n_ports; i++)
        error |= landlock_list_port(list, setup->ports[i]);
    return error;
}

int
jail_rules_add(const struct landlock_list *list, const struct fetch_setup *setup)
{
    int error = add_files(list, setup);

    if (!error && add_ports(list, setup) != 0)
        error = IDQ_SYSTEM;
    return error;
}

#ifdef SANITIZER /* see jail_close */

int
jail_narrow(struct wire *wire, const struct fetch_setup *setup)
{
    (void)wire;
    (void)setup;
    return 0;
}

#else

int
jail_narrow(struct wire *wire, const struct fetch_setup *setup)
{
    __attribute__((cleanup(landlock_list_close))) struct landlock_list list;
    char lacks[200];
    int abi = landlock_abi(), error = landlock_list_begin(abi, &list);

    if (!error)
        error = jail_rules_add(&list, setup);
    if (!error)
        error = landlock_list_enter(&list);
    landlock_lacks(abi, lacks, sizeof lacks);
    if (lacks[0])
        wire_log(wire, LOG_INFO, "%s", lacks);
    return jail_tell_refusal(JAIL_FETCH, wire, error);
}

#endif
